"""The page of legal limits as it comes from the server."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from tests.web.markup import Markup

pytestmark = pytest.mark.django_db


def read(client: Client, query: str = "", status: int = 200) -> str:
    response = client.get(f"/limits/{query}")
    assert response.status_code == status
    return unescape(response.content.decode())


def list_rows(page: str) -> list[list[str]]:
    """The cells of all rows of all tables."""
    return [
        [
            " ".join(re.sub(r"<[^>]+>", "", cell).split())
            for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]


def test_page_shows_the_limits_of_a_day_with_their_source(client: Client) -> None:
    page = read(client, "?date=2018-05-01&buyer=municipality&mode=small_value")
    [_, *rows] = list_rows(page)
    assert [row[:5] for row in rows] == [
        ["₱200,000.00", "2016-10-28", "2024-08-12", "Municipality", "1 to 3"],
        ["₱100,000.00", "2016-10-28", "2024-08-12", "Municipality", "4 to 6"],
    ]
    assert all("Annex H" in row[5] for row in rows)
    assert "never a verdict" in page


def test_page_says_that_a_limit_is_not_known_and_that_rules_were_in_transition(client: Client) -> None:
    assert "was not found in a primary text" in read(client, "?date=2012-01-01&buyer=city")
    assert "A newer law was in force without its rules" in read(client, "?date=2024-12-01")
    assert "No limit of this time" in read(client, "?date=2001-01-01")


def test_page_says_as_what_a_name_was_read(client: Client) -> None:
    assert "is read as that of: barangay" in read(client, "?organization=BARANGAY+SAN+ROQUE")


def test_page_needs_no_script_and_no_dataset(client: Client) -> None:
    html = read(client)
    markup = Markup(html)
    assert markup.inline == []
    assert not [name for _, attributes in markup.tags for name in attributes if re.match(r"on|style$", name)]
    assert "need JavaScript" not in html
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    assert set(markup.values("for", "aria-labelledby")) <= set(ids)


def test_address_that_cannot_be_read_is_explained(client: Client) -> None:
    assert "date" in read(client, "?date=yesterday", status=400)
