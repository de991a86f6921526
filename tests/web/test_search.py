"""The explorer without JavaScript: the same questions at the same addresses, answered by the server."""

from __future__ import annotations

from html import unescape

import pytest
from django.http import QueryDict
from django.test import Client

from contracts.questions.query import PagedQuery
from web.search import read_question

pytestmark = pytest.mark.usefixtures("dataset", "db")


def read(client: Client, query: str, status: int = 200) -> str:
    response = client.get(f"/search/{query}")
    assert response.status_code == status
    return unescape(response.content.decode())


def test_an_address_of_the_explorer_means_the_same_rows() -> None:
    names = "contractor=A&except_area=&organization_contains=health&place=Bulacan"
    others = "text=road&min=1k&flood=only&sort=contract_amount&page=3"
    times = "year=2024&quarter=2024-Q2&month=2024-04&month=2024-05&from=2024-04-02&undated=1"
    none = " or on no known day"
    asked = PagedQuery.from_json(read_question(QueryDict(f"{names}&{times}&{others}")))
    assert asked.filters.describe().split("; ") == [
        "contractor: A",
        "organization: names with 'health'",
        "area other than: (none given)",
        "place: Bulacan",
        "words: road",
        f"awarded 2024{none}, and within 2024-04-01 to 2024-04-30 or 2024-05-01 to 2024-05-31{none},"
        f" and within Q2 2024{none}, and within from 2024-04-02{none}",
        "at least ₱1,000.00",
        "of the flood-control source only",
    ]
    assert (asked.page, asked.sort.to_json()) == (3, "contract_amount")


def test_rows_come_with_links_and_other_pages(client: Client) -> None:
    page = read(client, "?text=flood&sort=-contract_amount")
    assert "30 contracts · ₱" in page
    assert page.index("river 30") < page.index("river 29")
    assert 'name="text" value="flood"' in page
    assert "There is no page 4; the last one is 1." in read(client, "?text=flood&page=4")
    assert "Nothing found" in read(client, "?text=zeppelin")
    assert "No contract has the place “Davao del Sr”" in read(client, "?place=Davao+del+Sr")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?year=20245", "must be at most 2100, got 20245"),
        ("?page=x", "expected a whole number"),
        ("?min=9&max=3", "is greater than"),
        (f"?text={'a' * 301}", "at most 300 characters, got 301"),
        ("?quarter=soon&sort=up&page=-1&text=%00", ""),
    ],
)
def test_what_cannot_be_asked_is_said_in_words_above_the_form(client: Client, query: str, words: str) -> None:
    page = read(client, query, 400)
    assert "This cannot be asked: " in page
    assert words in page
    assert "/filters" not in page
    assert 'name="text"' in page
