"""The page of one contract as it comes from the server."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from tests.contracts.small_stores import make_award
from tests.datasets import publish_awards
from tests.web.markup import Markup

TRICKY = """</script><script>alert(1)</script> & "Ñ" <!--"""


@pytest.fixture
def root(dataset: Snapshot, settings: Settings) -> Any:
    return settings.DATASET_ROOT


def read_page(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def read_structured(page: str) -> dict[str, Any]:
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found


def test_page_says_all_columns_without_a_script(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1, closing_date=None)])
    page = read_page(client, "/contracts/1/1/")
    for text in (
        "₱987,654.32",
        "Peña &amp; Sons",
        "City of Digos",
        "Davao Del Sur",
        "2024-05-17",
        "Public Bidding",
    ):
        assert text in page
    assert "Not said by the source: Closing date." in page
    assert "need JavaScript" not in page
    assert "2024.csv" in page
    assert client.cookies == {}


def test_page_tells_search_engines_what_it_is(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1, award_title=TRICKY)])
    page = read_page(client, "/contracts/1/1/")
    told = read_structured(page)
    assert (told["@type"], told["name"], told["orderDate"]) == ("Order", TRICKY, "2024-05-17")
    assert told["acceptedOffer"]["price"] == "987654.32"
    assert told["seller"]["name"] == "Peña & Sons"
    assert '<link rel="canonical" href="http://testserver/contracts/1/1/">' in page
    markup = Markup(page)
    descriptions = [
        a["content"] for tag, a in markup.tags if tag == "meta" and a.get("name") == "description"
    ]
    assert "Peña & Sons" in str(descriptions)
    scripts = [a for tag, a in markup.tags if tag == "script"]
    assert [a for a in scripts if "src" not in a] == [{"type": "application/ld+json"}]


def test_links_of_the_page_lead_to_something(client: Client, root: Any) -> None:
    lots = [make_award(n, reference_id="7", award_number=None, award_title=f"Lot {n}") for n in (1, 2)]
    publish_awards(root, [*lots, make_award(9, reference_id="7", award_title="Lot 9")])
    page = read_page(client, "/contracts/7/9/")
    assert "Other contracts of the same notice" in page
    assert "Before and after, between the same two" in page
    found = Markup(page).values("href")
    paths = {path for path in found if path.startswith(("/contracts/", "/?"))}
    assert len(paths) > 5
    for path in paths:
        assert client.get(path, follow=True).status_code == 200, path


def test_page_has_one_address(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1)])
    response = client.get("/contracts/00001/%201/")
    assert (response.status_code, response["Location"]) == (301, "/contracts/1/1/")
    assert client.get("/contracts/1/1")["Location"] == "/contracts/1/1/"


def test_contracts_with_the_same_numbers_are_offered(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1, awardee_name=name) for name in ("ACME", "BETA")])
    page = read_page(client, "/contracts/1/1/", 300)
    assert "2 contracts with the same numbers" in page
    links = [href for href in Markup(page).values("href") if "?key=" in href]
    told = [read_structured(read_page(client, link))["seller"]["name"] for link in links]
    assert sorted(told) == ["ACME", "BETA"]


def test_contract_that_a_newer_version_lacks_is_gone_with_the_reason(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1), make_award(2)])
    publish_awards(root, [make_award(2)])
    page = read_page(client, "/contracts/1/1/", 410)
    assert "not in the data any more" in page
    assert "2024.csv" in page
    assert "no such contract" in read_page(client, "/contracts/77/77/", 404)


def test_page_is_asked_for_again_only_when_it_changed(client: Client, root: Any) -> None:
    publish_awards(root, [make_award(1)])
    first = client.get("/contracts/1/1/")
    assert first["Cache-Control"] == "private, no-cache" or "no-cache" in first["Cache-Control"]
    again = {"If-None-Match": first["ETag"]}
    assert client.get("/contracts/1/1/", headers=again).status_code == 304
    publish_awards(root, [make_award(1)])
    assert client.get("/contracts/1/1/", headers=again).status_code == 200


def test_page_is_for_those_who_may_see_the_site(client: Client, root: Any, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = False
    assert client.get("/contracts/1/1/")["Location"] == "/login/?next=/contracts/1/1/"
