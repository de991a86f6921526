from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import InvalidQuery
from contracts.fields import REPAIRABLE
from contracts.questions.filters import Filters
from contracts.questions.numbers import MAX_AMOUNT
from contracts.questions.periods import TimeRange
from contracts.questions.query import Aggregation, PagedQuery, Query, Sort, digest
from contracts.questions.searchtext import MAX_TERMS
from contracts.questions.texts import MAX_KEYWORDS, MAX_NAMES, MAX_PATTERNS, phrases_of

YEAR = {"type": "yearly", "year": 2024}


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ([], "/filters"),
        ("flood", "/filters"),
        ({"contractor": []}, "/filters/contractor"),
        ({"a/b~": []}, "/filters/a~1b~0"),
        ({"\ud800": []}, "/filters/?"),
        ({"contractors": "ACME"}, "/filters/contractors"),
        ({"contractors": ["ACME", 7]}, "/filters/contractors/1"),
        ({"contractors": ["x" * 1001]}, "/filters/contractors/0"),
        ({"contractors": ["ACME"] * (MAX_NAMES + 1)}, "/filters/contractors"),
        ({"areas": {"name": "x"}}, "/filters/areas"),
        ({"areas": ["a\x00b"]}, "/filters/areas/0"),
        ({"areas": ["\ud83d"]}, "/filters/areas/0"),
        ({"areas": [{"contains": "a &&"}]}, "/filters/areas/0/contains"),
        ({"areas": ["x", {"contain": "a"}]}, "/filters/areas/1/contain"),
        ({"areas": [{}]}, "/filters/areas/0/contains"),
        ({"areas": [["x"]]}, "/filters/areas/0"),
        ({"areas": [{"contains": f"a{n}"} for n in range(MAX_PATTERNS + 1)]}, "/filters/areas"),
        ({"numbers": "12"}, "/filters/numbers"),
        ({"numbers": [12]}, "/filters/numbers/0"),
        ({"numbers": ["12", " "]}, "/filters/numbers/1"),
        ({"numbers": ["1" * 101]}, "/filters/numbers/0"),
        ({"keywords": [None]}, "/filters/keywords/0"),
        ({"keywords": [""]}, "/filters/keywords/0"),
        ({"keywords": [" \t"]}, "/filters/keywords/0"),
        ({"keywords": ["\x01"]}, "/filters/keywords/0"),
        ({"keywords": ["flood &&"]}, "/filters/keywords/0"),
        ({"keywords": ["&&"]}, "/filters/keywords/0"),
        ({"keywords": ["a && && b"]}, "/filters/keywords/0"),
        ({"keywords": ["x" * 201]}, "/filters/keywords/0"),
        ({"keywords": ["x"] * (MAX_KEYWORDS + 1)}, "/filters/keywords"),
        ({"keywords": ["a\x00"]}, "/filters/keywords/0"),
        ({"time_ranges": [2024]}, "/filters/time_ranges/0"),
        ({"time_ranges": [{"year": 2024}]}, "/filters/time_ranges/0/type"),
        ({"time_ranges": [{"type": "weekly"}]}, "/filters/time_ranges/0/type"),
        ({"time_ranges": [{"type": ["yearly"]}]}, "/filters/time_ranges/0/type"),
        ({"time_ranges": [{"type": "yearly"}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [{"type": "yearly", "year": 20245}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [{"type": "yearly", "year": "2024"}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [{"type": "yearly", "year": True}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [{"type": "yearly", "year": 2024.5}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [YEAR, {**YEAR, "quarter": 1}]}, "/filters/time_ranges/1/quarter"),
        (
            {"time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 5}]},
            "/filters/time_ranges/0/quarter",
        ),
        ({"time_ranges": [{"type": "undated", "year": 2024}]}, "/filters/time_ranges/0/year"),
        ({"time_ranges": [{"type": "custom"}]}, "/filters/time_ranges/0"),
        (
            {"time_ranges": [{"type": "custom", "start_date": "2024-02-30"}]},
            "/filters/time_ranges/0/start_date",
        ),
        (
            {"time_ranges": [{"type": "custom", "start_date": "2024-W01-1"}]},
            "/filters/time_ranges/0/start_date",
        ),
        (
            {"time_ranges": [{"type": "custom", "start_date": "20240101"}]},
            "/filters/time_ranges/0/start_date",
        ),
        ({"time_ranges": [{"type": "custom", "end_date": "1920-01-01"}]}, "/filters/time_ranges/0/end_date"),
        ({"time_ranges": [{"type": "custom", "end_date": 2024}]}, "/filters/time_ranges/0/end_date"),
        (
            {"time_ranges": [{"type": "custom", "start_date": "2024-02-01", "end_date": "2024-01-31"}]},
            "/filters/time_ranges/0",
        ),
        ({"value_range": "1000-2000"}, "/filters/value_range"),
        ({"value_range": {"least": 1}}, "/filters/value_range/least"),
        ({"value_range": {"min": "ten"}}, "/filters/value_range/min"),
        ({"value_range": {"min": ""}}, "/filters/value_range/min"),
        ({"value_range": {"min": True}}, "/filters/value_range/min"),
        ({"value_range": {"min": [1]}}, "/filters/value_range/min"),
        ({"value_range": {"min": "NaN"}}, "/filters/value_range/min"),
        ({"value_range": {"min": float("inf")}}, "/filters/value_range/min"),
        ({"value_range": {"min": "1e999999999"}}, "/filters/value_range/min"),
        ({"value_range": {"min": "1e-999999999"}}, "/filters/value_range/min"),
        ({"value_range": {"max": 10**5000}}, "/filters/value_range/max"),
        ({"value_range": {"max": "1_000"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "1,00"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "1 dozen"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "1e3 million"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "million"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "0.0000001k"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "99999 trillion"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "٣"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "-1"}}, "/filters/value_range/max"),
        ({"value_range": {"max": "0.001"}}, "/filters/value_range/max"),
        ({"value_range": {"max": str(MAX_AMOUNT + 1)}}, "/filters/value_range/max"),
        ({"value_range": {"min": "2", "max": "1"}}, "/filters/value_range"),
        ({"repaired_fields": ["contract_amount"]}, "/filters/repaired_fields/0"),
        ({"repaired_fields": "award_date"}, "/filters/repaired_fields"),
        ({"include_flood_control": "yes"}, "/filters/include_flood_control"),
        ({"include_flood_control": 1}, "/filters/include_flood_control"),
    ],
)
def test_filters_that_cannot_be_meant_are_refused_at_the_culprit(filters: Any, pointer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        Filters.from_json(filters, "/filters")
    assert refused.value.pointer == pointer
    assert str(refused.value).encode()
    assert len(refused.value.message) < 500


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"columns": "id"}, "/columns"),
        ({"columns": []}, "/columns"),
        ({"columns": ["id", "price"]}, "/columns/1"),
        ({"columns": ["id; DROP TABLE contracts"]}, "/columns/0"),
        ({"columns": ["id", "id"]}, "/columns"),
        ({"columns": ["search_text"]}, "/columns/0"),
        ({"sort": "award_title"}, "/sort"),
        ({"sort": "--id"}, "/sort"),
        ({"sort": "-"}, "/sort"),
        ({"sort": ["id"]}, "/sort"),
        ({"sort": "id\x00"}, "/sort"),
    ],
)
def test_columns_and_sort_that_do_not_exist_are_refused(data: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        Query.from_json(data)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"page": 0}, "/page"),
        ({"page": -1}, "/page"),
        ({"page": "1"}, "/page"),
        ({"page": 10**30}, "/page"),
        ({"page": 10**5000}, "/page"),
        ({"page_size": 0}, "/page_size"),
        ({"page_size": 10_000_000}, "/page_size"),
        ({"page_size": 1.5}, "/page_size"),
        ({"page_size": float("inf")}, "/page_size"),
        ({"page": 1e30}, "/page"),
    ],
)
def test_pages_out_of_bounds_are_refused(data: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        PagedQuery.from_json(data)
    assert refused.value.pointer == pointer


def test_whole_number_with_a_decimal_point_is_a_whole_number() -> None:
    assert PagedQuery.from_json({"page": 2.0, "page_size": 88.0}) == PagedQuery(page=2, page_size=88)


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"dimensions": ["by_planet"]}, "/dimensions/0"),
        ({"dimensions": "by_year"}, "/dimensions"),
        ({"top_n": 0}, "/top_n"),
        ({"top_n": 10**9}, "/top_n"),
    ],
)
def test_aggregations_that_do_not_exist_are_refused(data: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        Aggregation.from_json(data)
    assert refused.value.pointer == pointer


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=6).filter(
    lambda word: "&" not in word
)
names = st.lists(
    st.none()
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
    | st.lists(words, min_size=1, max_size=2).map(" && ".join).map(lambda text: {"contains": text}),
    max_size=3,
)
dates = st.dates(date(2000, 1, 1), date(2100, 12, 31)).map(str)
amounts = st.decimals(0, MAX_AMOUNT, places=2)
ranges = (
    st.fixed_dictionaries({"type": st.just("yearly"), "year": st.integers(2000, 2100)})
    | st.fixed_dictionaries(
        {"type": st.just("quarterly"), "year": st.integers(2000, 2100), "quarter": st.integers(1, 4)}
    )
    | st.tuples(dates, dates).map(
        lambda ends: {"type": "custom", "start_date": min(ends), "end_date": max(ends)}
    )
    | dates.map(lambda day: {"type": "custom", "start_date": day})
    | st.just({"type": "undated"})
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "contractors": names,
        "organizations": names,
        "areas": names,
        "business_categories": names,
        "procurement_modes": names,
        "except_award_statuses": names,
        "except_contractors": names,
        "except_areas": names,
        "keywords": st.lists(st.lists(words, min_size=1, max_size=3).map(" && ".join), max_size=3),
        "text": st.lists(
            st.sampled_from(["a", "-b", '"c d"', "or e"]), min_size=1, max_size=MAX_TERMS - 1
        ).map(lambda terms: " ".join(["x", *terms])),
        "numbers": st.lists(st.text(st.sampled_from("0a1 "), min_size=1).filter(str.strip), max_size=3),
        "time_ranges": st.lists(ranges, max_size=3),
        "value_range": st.tuples(amounts, amounts).map(lambda a: {"min": str(min(a)), "max": str(max(a))}),
        "implausible": st.sampled_from(["include", "exclude", "only"]),
        "repaired_fields": st.lists(st.sampled_from(REPAIRABLE), max_size=3),
        "include_flood_control": st.booleans(),
    },
)


@settings(deadline=None)
@given(questions)
def test_canonical_json_reads_back_as_the_same_question(data: dict[str, Any]) -> None:
    filters = Filters.from_json(data)
    canonical = json.loads(json.dumps(filters.to_json()))
    assert Filters.from_json(canonical) == filters
    assert Filters.from_json(canonical).to_json() == canonical


@settings(deadline=None)
@given(questions, st.randoms(use_true_random=False))
def test_equal_questions_have_one_digest_whatever_the_order(data: dict[str, Any], random: Any) -> None:
    shuffled = {key: data[key] for key in random.sample(list(data), len(data))}
    for key, value in shuffled.items():
        if isinstance(value, list):
            shuffled[key] = random.sample(value, len(value)) + value[:1]
    assert digest(Filters.from_json(shuffled).to_json()) == digest(Filters.from_json(data).to_json())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"contractors": [], "value_range": None, "include_flood_control": False}),
        ({"value_range": {"min": 1000000}}, {"value_range": {"min": "1e6", "max": None}}),
        ({"value_range": {"min": "1 million", "max": "₱2.5B"}}, {"value_range": {"min": 1e6, "max": 25e8}}),
        ({"value_range": {"min": "PHP 900k"}}, {"value_range": {"min": "900,000.00"}}),
        ({"value_range": {"min": "1.5 Thousand pesos"}}, {"value_range": {"min": "P1500"}}),
        ({"value_range": {"min": 0.1}}, {"value_range": {"min": "0.10"}}),
        ({"value_range": {"min": "-0"}}, {"value_range": {"min": 0}}),
        ({"keywords": ["b  && a"]}, {"keywords": ["a&&b"]}),
        ({"areas": [{"contains": "b&&a"}, "x"]}, {"areas": ["x", {"contains": "a && b"}]}),
        ({"text": " flood  OR “a  b” & c"}, {"text": 'flood or "a b" c'}),
        ({"numbers": ["00 12c"]}, {"numbers": ["12C", "12C"]}),
        ({"areas": ["Pen\u0303a"]}, {"areas": ["Peña"]}),
        (
            {"time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 4}]},
            {"time_ranges": [{"type": "custom", "start_date": "2024-10-01", "end_date": "2024-12-31"}]},
        ),
    ],
)
def test_spellings_of_one_question_have_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest(Filters.from_json(one).to_json()) == digest(Filters.from_json(other).to_json())


def test_questions_that_differ_have_digests_that_differ() -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"areas": [None]},
        {"areas": [""]},
        {"organizations": [None]},
        {"except_organizations": [None]},
        {"time_ranges": [{"type": "undated"}]},
        {"keywords": ["a", "b"]},
        {"keywords": ["a && b"]},
        {"areas": ["a"]},
        {"areas": [{"contains": "a"}]},
        {"text": "a b"},
        {"text": '"a b"'},
        {"text": "a or b"},
        {"numbers": ["1"]},
        {"include_flood_control": True},
    ]
    assert len({digest(Filters.from_json(data).to_json()) for data in asked}) == len(asked)


def test_ranges_end_on_the_last_day_of_their_period() -> None:
    assert TimeRange.quarter(2024, 1) == TimeRange(start=date(2024, 1, 1), end=date(2024, 3, 31))
    assert TimeRange.quarter(2024, 4).end == TimeRange.year(2024).end == date(2024, 12, 31)


def test_phrases_are_cleaned_as_imported_text_is() -> None:
    assert phrases_of(" flood\t control\x01 && Pen\u0303a&&flood control") == ("flood control", "Peña")


def test_filters_in_words_name_every_filter() -> None:
    data = {
        "contractors": ["ACME", None, {"contains": "public works && district"}],
        "areas": ["Cebu"],
        "procurement_modes": ["Shopping"],
        "except_organizations": ["DPWH", None],
        "keywords": ["flood"],
        "text": "road -repair",
        "numbers": ["0012"],
        "time_ranges": [YEAR, {"type": "custom", "start_date": "2023-01-01"}, {"type": "undated"}],
        "value_range": {"min": "1000", "max": "2000000.5"},
        "implausible": "exclude",
        "repaired_fields": ["closing_date", "award_date"],
        "include_flood_control": True,
    }
    assert Filters.from_json(data).describe() == (
        "contractor: ACME or names with 'district' and 'public works' or (none given); area: Cebu; "
        "procurement mode: Shopping; "
        "organization other than: DPWH and (none given); "
        "text: flood; words: road -repair; number: 12; "
        "awarded from 2023-01-01 or 2024 or on no known day; "
        "at least ₱1,000.00; at most ₱2,000,000.50; "
        "without implausible amounts; repaired: award_date or closing_date; "
        "flood-control source included"
    )
    assert Filters().describe() == "all contracts"


def test_defaults_are_the_first_page_of_all_contracts_newest_first() -> None:
    assert Query.from_json({}) == Query()
    assert (PagedQuery().page, PagedQuery().page_size) == (1, 50)
    assert Query().sort == Sort(field="award_date", descending=True)
    assert Aggregation.from_json({"dimensions": []}).dimensions == ()


def test_query_reads_back_with_its_columns_in_their_order() -> None:
    query = Query.from_json({"columns": ["contract_amount", "id"], "sort": "contract_amount"})
    assert Query.from_json(query.to_json()) == query
    assert query.columns == ("contract_amount", "id")
    assert Aggregation.from_json(Aggregation(top_n=3).to_json()) == Aggregation(top_n=3)


def test_amounts_are_kept_to_the_centavo() -> None:
    filters = Filters.from_json({"value_range": {"min": "1000000.50", "max": 9999999999999999}})
    assert (filters.value_range.min, filters.value_range.max) == (
        Decimal("1000000.50"),
        Decimal("9999999999999999.00"),
    )
