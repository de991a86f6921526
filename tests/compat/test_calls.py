"""Each call of the incumbent's frontend, with the members that it reads, over the real engine."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from tests.compat.conftest import CONTRACTS, DATA, answer, ask, post, read

pytestmark = [
    pytest.mark.django_db,
    # Django's test client reads a download, which is there for an event loop.
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning"),
]

ANY = {"value_range": {"min": 0, "max": 1000000000000}}
RIVERS = {"keywords": ["flood control"], **ANY}
CHOSEN: Mapping[str, Any] = {"sortBy": "contract_amount", "sortDirection": "asc", "page": 2, "page_size": 7}
"""The dataset: 30 awards of 1,000 to 30,000 pesos along rivers, two others, and one of the flood file."""


def test_chip_search_gives_a_page_of_contracts_in_the_order_asked_for(old: Client) -> None:
    body = answer(old, f"{CONTRACTS}chip-search/", {**RIVERS, **CHOSEN, "unknown": True})
    assert body["success"] is True
    assert [row["contract_amount"] for row in body["data"]] == [1000.0 * n for n in range(8, 15)]
    (first, *_) = body["data"]
    assert (first["award_title"], first["contract_no"]) == ("Flood control along river 8", "C-8")
    assert {"reference_id", "notice_title", "awardee_name", "organization_name", "award_date"} <= first.keys()
    assert body["pagination"] == {
        "page": 2,
        "page_size": 7,
        "total_count": 30,
        "total_pages": 5,
        "has_next": True,
        "has_previous": True,
    }


@pytest.mark.parametrize("field", ["award_title", "reference_id", "award_amount", "created_at"])
def test_chip_search_takes_every_order_that_its_tables_offer(old: Client, field: str) -> None:
    assert answer(old, f"{CONTRACTS}chip-search/", {"sortBy": field})["pagination"]["total_count"] == 32


def test_chip_search_finds_names_by_part_and_a_whole_name_alone(old: Client) -> None:
    by_part = answer(old, f"{CONTRACTS}chip-search/", {"contractors": ["obrien"]})
    whole = answer(old, f"{CONTRACTS}chip-search/", {"contractors": ["Peña & Sons"]})
    missing = answer(old, f"{CONTRACTS}chip-search/", {"areas": ["(none given)"]})
    counts = [body["pagination"]["total_count"] for body in (by_part, whole, missing)]
    assert counts == [0, 31, 1]
    assert (
        answer(old, f"{CONTRACTS}chip-search/", {"contractors": ["señor"]})["data"][0]["award_title"]
        == "=1+1"
    )


def test_chip_aggregates_give_lists_of_numbers_that_add_up(old: Client) -> None:
    data = answer(old, f"{CONTRACTS}chip-aggregates/", {**RIVERS, "topN": 5})["data"]
    assert data["summary"] == [{"count": 30, "total_value": 465000.0, "avg_value": 15500.0}]
    assert sum(row["count"] for row in data["by_year"]) == sum(row["count"] for row in data["by_month"]) == 30
    assert {row["year"] for row in data["by_year"]} == {2023, 2024}
    assert all(row["month"][4] == "-" for row in data["by_month"])
    for part in ("by_contractor", "by_organization", "by_area", "by_category"):
        assert [(row["count"], row["total_value"]) for row in data[part]] == [(30, 465000.0)]


def test_chip_aggregates_take_a_body_that_says_almost_nothing(old: Client) -> None:
    data = answer(old, f"{CONTRACTS}chip-aggregates/", {})["data"]
    assert data["summary"][0]["count"] == 32
    assert "(none given)" in {row["label"] for row in data["by_area"]}


def test_chip_aggregates_of_nothing_are_empty_lists(old: Client) -> None:
    data = answer(old, f"{CONTRACTS}chip-aggregates/", {"keywords": ["airport"]})["data"]
    assert data["summary"] == [{"count": 0, "total_value": 0.0, "avg_value": 0.0}]
    assert data["by_contractor"] == data["by_year"] == []


def test_chip_aggregates_paginated_give_a_page_of_names(old: Client) -> None:
    wanted = {**ANY, "dimension": "by_contractor", "page": 2, "page_size": 1, "sort_by": "count"}
    body = answer(old, f"{CONTRACTS}chip-aggregates-paginated/", wanted)
    assert body["data"] == [{"label": "Señor O'Brien", "count": 1, "total_value": 0.54, "avg_value": 0.54}]
    assert body["pagination"]["current_page"] == body["pagination"]["total_pages"] == 2
    assert (body["pagination"]["has_next"], body["pagination"]["has_previous"]) == (False, True)


def test_value_distribution_counts_every_contract_in_one_bin(old: Client) -> None:
    body = answer(old, f"{CONTRACTS}value-distribution/", {**RIVERS, "num_bins": 29})
    assert (body["min_value"], body["max_value"], body["bin_width"]) == (1000.0, 30000.0, 1000.0)
    assert (body["num_bins"], body["total_contracts"]) == (29, 30)
    assert sum(found["count"] for found in body["bins"].values()) == 30
    assert body["bins"]["29"] == {
        "bin_start": 29000.0,
        "bin_end": 30000.0,
        "count": 2,
        "total_value": 59000.0,
        "avg_value": 29500.0,
    }
    empty = answer(old, f"{CONTRACTS}value-distribution/", {"keywords": ["airport"]})
    assert (empty["total_contracts"], empty["bins"], empty["num_bins"]) == (0, {}, 1000)


def test_benfords_law_counts_first_digits(old: Client) -> None:
    body = answer(old, f"{DATA}benfords-law/", {**RIVERS, "businessCategories": [], "timeRanges": []})
    assert body["total_contracts"] == 30
    # 1, 10 to 19 thousand; 2, 20 to 29; 3, 30; then one each.
    assert [row["count"] for row in body["analysis"]] == [11, 11, 2, 1, 1, 1, 1, 1, 1]
    assert body["analysis"][0]["expected_frequency"] == 30.1
    assert body["chi_square_statistic"] == pytest.approx(
        sum(row["chi_square_component"] for row in body["analysis"]), abs=0.1
    )
    assert body["is_suspicious"] is (body["p_value"] < 0.05)


def test_rounding_patterns_say_how_round_amounts_are(old: Client) -> None:
    body = answer(old, f"{DATA}rounding-patterns/", RIVERS)
    levels = {row["bucket"]: row["count"] for row in body["rounding_buckets"]}
    assert (levels["Rounded to 10K"], levels["Rounded to 1K"], levels["No rounding"]) == (3, 27, 0)
    assert body["last_digit_distribution"][0] == {"digit": 0, "count": 30, "percentage": 100.0}
    assert len(body["last_digit_distribution"]) == 10
    assert [(row["zeros"], row["count"]) for row in body["trailing_zeros_distribution"]] == [(3, 27), (4, 3)]
    # 90 points off for the zero, 10 for each of the others, twice, and at most a hundred.
    assert (body["suspicion_score"], body["is_suspicious"]) == (100.0, True)
    nothing = answer(old, f"{DATA}rounding-patterns/", {"keywords": ["airport"]})
    assert (nothing["total_contracts"], nothing["suspicion_score"]) == (0, 0.0)


def read_csv(response: Any) -> list[dict[str, str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = read(response)
    if "Content-Length" in response:
        assert int(response["Content-Length"]) == len(text)
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))


def test_chip_export_is_a_csv_file_with_the_columns_that_clients_know(old: Client) -> None:
    rows = read_csv(ask(old, f"{CONTRACTS}chip-export/", RIVERS))
    assert len(rows) == answer(old, f"{CONTRACTS}chip-export-estimate/", RIVERS)["total_count"] == 30
    assert list(rows[0]) == [
        *("reference_id", "contract_no", "award_title", "notice_title", "awardee_name", "organization_name"),
        *("area_of_delivery", "business_category", "contract_amount", "award_date", "award_status"),
    ]
    assert {row["contract_amount"] for row in rows} == {f"{1000 * n}.00" for n in range(1, 31)}


def test_chip_export_aggregated_is_a_csv_file_of_all_names(old: Client) -> None:
    wanted = {**ANY, "dimension": "by_area"}
    rows = read_csv(ask(old, f"{CONTRACTS}chip-export-aggregated/", wanted))
    assert list(rows[0]) == ["label", "total_value", "count", "avg_value"]
    assert {(row["label"], row["count"]) for row in rows} == {("Davao Del Sur", "31"), ("", "1")}
    estimate = answer(old, f"{CONTRACTS}chip-export-aggregated-estimate/", wanted)
    assert estimate["total_count"] == 2
    assert estimate["estimated_csv_bytes"] > 0


def test_filter_options_are_all_names_and_years(old: Client) -> None:
    body = old.get(f"{CONTRACTS}filter-options/", {"t": "1764280000000"}).json()
    assert body["contractors"] == ["Peña & Sons", "Señor O'Brien"]
    assert body["business_categories"] == ["Construction Projects", "Furniture"]
    assert (body["areas"], body["organizations"]) == (["Davao Del Sur"], ["City of Digos"])
    assert body["years"] == [2023, 2024]


@pytest.mark.parametrize(
    ("path", "typed", "names"),
    [
        ("contractors", {"search": "peña"}, ["Peña & Sons"]),
        ("contractors", {"word": "sons"}, ["Peña & Sons"]),
        ("contractors", {"word": "son"}, []),
        ("organizations", {"search": "digos", "page_size": "x"}, ["City of Digos"]),
        ("business-categories", {"search": ""}, ["Construction Projects", "Furniture"]),
        ("business-categories", {"search": "", "page": "2", "page_size": "1"}, ["Furniture"]),
        ("areas-of-delivery", {"search": "davao", "ordering": "name"}, ["Davao Del Sur"]),
        ("areas-of-delivery", {"search": "luzon"}, []),
    ],
)
def test_pickers_find_names(old: Client, path: str, typed: dict[str, str], names: list[str]) -> None:
    body = old.get(f"/api/v1/{path}/", typed).json()
    assert [row["name"] for row in body["results"]] == names
    assert body["count"] >= len(names)
    assert all({"id", "contract_count", "total_contract_value"} <= row.keys() for row in body["results"])


POSTS = (
    *(f"{CONTRACTS}{name}/" for name in ("chip-search", "chip-aggregates", "chip-aggregates-paginated")),
    *(f"{CONTRACTS}{name}/" for name in ("value-distribution", "chip-export", "chip-export-estimate")),
    *(f"{CONTRACTS}{name}/" for name in ("chip-export-aggregated", "chip-export-aggregated-estimate")),
    *(f"{DATA}{name}/" for name in ("benfords-law", "rounding-patterns")),
    *(
        f"{DATA}tasks/{name}/"
        for name in ("export", "search", "aggregates", "analytics", "analytics-paginated")
    ),
)
BAD: tuple[dict[str, Any], ...] = (
    {"contractors": "x"},
    {"keywords": ["a\x00b"]},
    {"time_ranges": [{"type": "yearly", "year": 1999}]},
    {"value_range": {"min": 5, "max": 1}},
    {"value_range": {"min": "1e999"}},
)


@pytest.mark.parametrize("path", POSTS)
def test_a_bad_body_is_a_problem_that_names_the_place(old: Client, path: str) -> None:
    for body in BAD:
        refusal = post(old, path, body)
        assert refusal.status_code == 400, body
        assert refusal.json()["errors"][0]["pointer"], body
    assert old.post(path, "[]", content_type="application/json").status_code == 400
    assert old.post(path, "{", content_type="application/json").status_code == 400
    assert old.get(path).status_code == 405


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chip-search", {"page": 0}),
        ("chip-search", {"page_size": 5000}),
        ("chip-search", {"sortBy": "price"}),
        ("chip-search", {"sortBy": ["award_date"]}),
        ("chip-aggregates", {"topN": "many"}),
        ("chip-aggregates-paginated", {"dimension": "by_moon"}),
        ("chip-aggregates-paginated", {"dimension": ["by_area"]}),
        ("value-distribution", {"num_bins": 9}),
        ("value-distribution", {"num_bins": 10001}),
        ("value-distribution", {"num_bins": "10"}),
    ],
)
def test_a_bad_member_is_a_problem(old: Client, path: str, body: dict[str, Any]) -> None:
    assert post(old, f"{CONTRACTS}{path}/", body).status_code == 400


@pytest.mark.parametrize(
    "query", ["search=%00", "search=" + "a" * 300, "word=%ff", "page=-1", "page=99999999"]
)
def test_a_bad_query_of_a_picker_is_no_fault_of_ours(old: Client, query: str) -> None:
    assert old.get(f"/api/v1/contractors/?{query}").status_code in (200, 400)
