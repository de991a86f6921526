"""Which limits held, against amounts as the texts of the law say them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from contracts.law.buyers import BUYERS, select_buyer, tell_buyer
from contracts.law.limits import CERTAINTIES, LIMITS, MODES, TRANSITION
from contracts.law.lookup import find_limits, tell_modes

NAMES = {
    "MUNICIPALITY OF KAPALONG": "municipality",
    "City of Digos": "city",
    "PROVINCE OF LAGUNA": "province",
    "BARANGAY SAN ROQUE, TANZA": "barangay",
    "BARANGAYS UNITED COOPERATIVE": "national",
    "CITY SCHOOLS DIVISION OF BACOLOD": "national",
    "MUNICIPAL WATER DISTRICT": "national",
    "DEPARTMENT OF HEALTH": "national",
}


@pytest.mark.parametrize(
    ("day", "buyer", "income_class", "mode", "amounts"),
    [
        (date(2006, 1, 19), "national", None, "small_value", []),
        (date(2006, 1, 20), "barangay", None, "small_value", ["50000"]),
        (date(2016, 10, 27), "national", None, "small_value", ["500000"]),
        (date(2016, 10, 28), "national", None, "small_value", ["1000000"]),
        (date(2018, 5, 1), "national", None, "shopping_unforeseen", ["200000"]),
        (date(2018, 5, 1), "province", 5, "small_value", ["600000"]),
        (date(2018, 5, 1), "city", 6, "shopping_regular", ["200000"]),
        (date(2018, 5, 1), "city", 3, "shopping_unforeseen", ["160000"]),
        (date(2018, 5, 1), "municipality", None, "small_value", ["100000", "200000"]),
        (date(2018, 5, 1), "barangay", 4, "small_value", ["50000"]),
        (date(2025, 2, 24), "municipality", 1, "small_value", ["200000"]),
        (date(2025, 2, 25), "municipality", 1, "small_value", ["400000"]),
        (date(2025, 2, 25), "province", None, "small_value", ["1200000", "1600000", "2000000"]),
        (date(2030, 1, 1), "national", None, "small_value", ["2000000"]),
        (date(2025, 2, 25), "national", None, "direct_acquisition", ["200000"]),
        (date(2025, 2, 25), "national", None, "shopping_regular", []),
    ],
)
def test_limit_is_that_of_the_day_the_buyer_and_the_class(
    day: date, buyer: str, income_class: int | None, mode: str, amounts: list[str]
) -> None:
    held = find_limits(day=day, buyer=buyer, income_class=income_class, mode=mode)
    assert list(held.possible) == list(map(Decimal, amounts))


def test_limits_that_nobody_found_are_unknown_and_none_is_made_up() -> None:
    local = find_limits(day=date(2012, 1, 1), buyer="city", mode="small_value")
    assert (local.unknown, list(local.possible)) == (True, [])
    assert find_limits(day=date(2012, 1, 1), buyer="national", mode="shopping_regular").unknown
    assert find_limits(day=date(2001, 1, 1)).unknown
    assert not find_limits(day=date(2012, 1, 1), buyer="national", mode="small_value").unknown


def test_months_of_the_law_without_rules_are_marked() -> None:
    def certainty(day: date) -> set[str]:
        return {one.certainty for one in find_limits(day=day, buyer="barangay", mode="small_value").rows}

    assert certainty(date(2024, 8, 12)) == {"sure"}
    assert certainty(date(2024, 8, 13)) == certainty(date(2025, 2, 24)) == {TRANSITION}


def test_no_two_rows_hold_at_once_for_the_same() -> None:
    # Within a mode: rows of one buyer, class and purchase follow each other.
    for row in LIMITS:
        alike = [
            other
            for other in LIMITS
            if (other.mode, other.buyer, other.income_class, other.purchase)
            == (row.mode, row.buyer, row.income_class, row.purchase)
        ]
        assert [other for other in alike if other.holds_on(row.start)] == [row]


def test_rows_are_whole_and_in_known_words() -> None:
    for row in LIMITS:
        assert row.mode in MODES
        assert row.buyer is None or row.buyer in BUYERS
        assert row.certainty in CERTAINTIES
        assert (row.amount is None) == (row.certainty == "unknown")
        assert row.law
        assert row.section
        assert row.source


def test_kind_of_buyer_is_told_by_how_a_name_begins_and_sql_tells_the_same() -> None:
    assert {name: tell_buyer(name) for name in NAMES} == NAMES
    with duckdb.connect() as con:
        for name, kind in NAMES.items():
            assert con.execute(f"SELECT {select_buyer('$1')}", [name]).fetchone() == (kind,)


def test_published_names_of_modes_tell_their_limits() -> None:
    small = "Negotiated Procurement - Small Value Procurement (Sec. 53.9)"
    assert tell_modes(small) == ("small_value",)
    assert tell_modes("Shopping") == ("shopping_unforeseen", "shopping_regular")
    assert tell_modes("Public Bidding") == ()
