"""One contract by its address: what is told, where it moved, and why it is gone."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from contracts.fields import FIELDS
from contracts.questions.filters import Filters
from contracts.questions.query import Page, Query
from data_processing import datasets
from tests.contracts.small_stores import make_award
from tests.datasets import AWARDS, publish_awards

pytestmark = pytest.mark.django_db
CONTRACTS = "/api/v1/contracts/"


def read(client: Client, address: str, status: int = 200) -> Any:
    response = client.get(f"{CONTRACTS}{address}")
    assert response.status_code == status, response.content
    return response.json()


def test_contract_is_told_whole(visitor: Client) -> None:
    body = read(visitor, "31/31/")
    assert list(body["contract"]) == [field.name for field in FIELDS]
    assert body["contract"]["award_title"] == "Office chairs"
    assert body["provenance"] == {"source_file": "2024.csv", "sha256": "0" * 64, "rows": None}
    assert body["links"] == {"self": "/api/v1/contracts/31/31/", "html": "/contracts/31/31/"}
    assert visitor.get(body["links"]["html"]).status_code == 200
    assert body["dataset_version"] == visitor.get("/api/v1/datasets/current/").json()["version"]


@pytest.mark.parametrize("address", ["31/31/", "P00000033LZ/C-33/", "P00000034LZ/22~2FAB/"])
def test_its_filter_finds_it_in_a_search(visitor: Client, settings: Settings, address: str) -> None:
    flood = {"source": "flood_control", "reference_id": None, "award_number": None}
    more = [make_award(33, **flood), make_award(34, contract_number="22/a b", **flood)]
    publish_awards(settings.DATASET_ROOT, [*AWARDS[:-1], *more])
    body = read(visitor, address)
    query = Query(filters=Filters.from_json(body["filters"]), columns=("project_id",))
    with datasets.current_store().reader() as reader:
        rows = reader.search(query, Page(number=1, size=50))
    assert {"project_id": body["contract"]["project_id"]} in rows


@pytest.mark.parametrize("given", ["0031/31/", "31/0 31/", "31/%2031/", "~33~31/31/", "31/31/?key=deadbeef"])
def test_other_spellings_lead_to_the_canonical_address(visitor: Client, given: str) -> None:
    response = visitor.get(f"{CONTRACTS}{given}")
    assert (response.status_code, response["Location"]) == (301, f"{CONTRACTS}31/31/")


def test_slashes_in_a_number_are_understood_and_escaped(visitor: Client, settings: Settings) -> None:
    publish_awards(settings.DATASET_ROOT, [make_award(1, award_number="PO/2024/ñ 7%")])
    canonical = f"{CONTRACTS}1/PO~2F2024~2F~C3~B17~25/"
    for given in ("po/2024/ñ 7%", "PO%2F2024%2F" + quote("ñ7%")):
        response = visitor.get(f"{CONTRACTS}1/{given if '%2F' in given else quote(given)}/")
        assert (response.status_code, response["Location"]) == (301, canonical)
    assert visitor.get(canonical).json()["contract"]["award_number"] == "PO/2024/ñ 7%"


def test_contracts_with_one_address_are_offered_and_each_has_a_link(
    visitor: Client, settings: Settings
) -> None:
    pair = [make_award(1, awardee_name=name) for name in ("ACME", "BETA")]
    publish_awards(settings.DATASET_ROOT, pair)
    offered = read(visitor, "1/1/", 300)["choices"]
    assert {one["awardee_name"] for one in offered} == {"ACME", "BETA"}
    for one in offered:
        body = visitor.get(one["links"]["self"]).json()
        assert body["contract"]["awardee_name"] == one["awardee_name"]
        assert body["links"] == one["links"]
    stale = visitor.get(f"{CONTRACTS}1/1/?key=deadbeef")
    assert (stale.status_code, stale["Location"]) == (301, f"{CONTRACTS}1/1/")


def test_contracts_around_it_have_links_that_lead_to_them(visitor: Client, settings: Settings) -> None:
    lots = [make_award(n, reference_id="7", award_number=None, award_title=f"Lot {n}") for n in (1, 2, 3)]
    publish_awards(settings.DATASET_ROOT, [*lots, make_award(9, reference_id="7", award_title="Lot 9")])
    body = read(visitor, "7/9/")
    assert body["siblings_count"] == 3
    assert body["before"] or body["after"]
    for one in filter(None, [*body["siblings"], body["before"], body["after"]]):
        found = visitor.get(one["links"]["self"], follow=True).json()
        assert found["contract"]["award_title"] == one["award_title"]


def test_contract_of_an_earlier_version_is_gone_with_a_reason(visitor: Client, settings: Settings) -> None:
    before = visitor.get("/api/v1/datasets/current/").json()["version"]
    publish_awards(settings.DATASET_ROOT, AWARDS[5:])
    body = read(visitor, "1/1/", 410)
    assert (body["code"], body["last_version"]) == ("contract-dropped", before)
    assert "2024.csv" in body["detail"]
    assert before in body["detail"]
    assert read(visitor, "77/77/", 404)["code"] == "not-found"
    assert read(visitor, "6/6/")["contract"]["award_number"] == "6"


def test_project_of_an_earlier_version_is_gone_too(visitor: Client, settings: Settings) -> None:
    flood = {"source": "flood_control", "reference_id": None, "award_number": None}
    publish_awards(settings.DATASET_ROOT, [make_award(1, project_id="P1", source_file="f.csv", **flood)])
    publish_awards(settings.DATASET_ROOT, AWARDS)
    body = read(visitor, "P1/C-1/", 410)
    assert "f.csv" in body["detail"]


def test_contract_that_only_a_newer_version_has_is_unknown(visitor: Client, settings: Settings) -> None:
    current = visitor.get("/api/v1/datasets/current/").json()["version"]
    publish_awards(settings.DATASET_ROOT, [make_award(99)])
    (settings.DATASET_ROOT / "current").write_text(current, encoding="utf-8")
    assert read(visitor, "99/99/", 404)["code"] == "not-found"


@pytest.mark.parametrize("address", ["-/-/", "~ff/1/", "%00/1/", "1/~00/", f"{'1' * 2000}/1/", "~/~/"])
def test_what_is_no_address_is_not_found(visitor: Client, address: str) -> None:
    assert read(visitor, address, 404)["code"] == "not-found"


def test_answer_may_be_asked_for_again_until_the_data_changes(visitor: Client, settings: Settings) -> None:
    first = visitor.get(f"{CONTRACTS}31/31/")
    assert first["Cache-Control"] == "private, no-cache"
    again = {"If-None-Match": first["ETag"]}
    assert visitor.get(f"{CONTRACTS}31/31/", headers=again).status_code == 304
    publish_awards(settings.DATASET_ROOT)
    assert visitor.get(f"{CONTRACTS}31/31/", headers=again).status_code == 200
