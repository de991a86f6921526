"""What the incumbent's clients send means contracts of ours."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from compat.bodies import is_old, read_filters, unwrap
from contracts.engine.store import Reader
from contracts.errors import InvalidQuery
from contracts.questions.filters import Filters
from tests.contracts.small_stores import make_award, open_awards

AWARDS = [
    make_award(1, awardee_name="Peña & Sons", award_title="Bridge", contract_amount=Decimal("100.00")),
    make_award(2, awardee_name="Peña & Sons Trading", award_title="Road", contract_amount=Decimal("200.55")),
    make_award(3, awardee_name="Other", award_title="Road", area_of_delivery=None),
]


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with open_awards(AWARDS) as store, store.reader() as reader:
        yield reader


MEANT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"contractors": ["Peña & Sons"]}, {"contractors": ["Peña & Sons"]}),
    ({"contractors": ["pena"]}, {"contractors": [{"contains": "pena"}]}),
    ({"contractors": ["trading&&pena && "]}, {"contractors": [{"contains": "pena && trading"}]}),
    ({"contractors": ["", "  ", "&&"], "keywords": [" "]}, {}),
    ({"areas": ["(none given)"]}, {"areas": [None]}),
    ({"contractors": ["x" * 500]}, {"contractors": ["x" * 500]}),
    ({"businessCategories": ["none such"]}, {"business_categories": [{"contains": "none such"}]}),
    ({"keywords": ["road && widening"]}, {"keywords": ["road && widening"]}),
    ({"time_ranges": [{"type": "all_time"}]}, {}),
    (
        {"time_ranges": [{"type": "yearly", "year": "2024", "x": 1}]},
        {"time_ranges": [{"type": "yearly", "year": 2024}]},
    ),
    (
        {"timeRanges": [{"type": "custom", "startDate": "2024-01-01", "endDate": "2024-02-01"}]},
        {"time_ranges": [{"type": "custom", "start_date": "2024-01-01", "end_date": "2024-02-01"}]},
    ),
    ({"value_range": {"min": 0, "max": 1000000000000}}, {}),
    ({"value_range": {"min": 10.001, "max": 99.999999}}, {"value_range": {"min": "10.01", "max": "99.99"}}),
    ({"value_range": {"min": -5, "max": 1e19}}, {"value_range": {"min": 0}}),
    ({"includeFloodControl": True}, {"include_flood_control": True}),
    ({"include_flood_control": "true"}, {"include_flood_control": True}),
    ({"unknown": 1, "page": "x"}, {}),
]


@pytest.mark.parametrize(("body", "meant"), MEANT)
def test_filters_mean_what_their_sender_meant(
    body: dict[str, Any], meant: dict[str, Any], reader: Reader
) -> None:
    assert read_filters(body, reader) == Filters.from_json(meant)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"contractors": "x"}, "/contractors"),
    ({"contractors": [5]}, "/contractors/0"),
    ({"contractors": ["\ud800"]}, "/contractors/0"),
    ({"contractors": ["a\x00b"]}, "/contractors/0"),
    ({"keywords": {"a": 1}}, "/keywords"),
    ({"time_ranges": [{"type": "yearly"}]}, "/time_ranges/0/year"),
    ({"time_ranges": ["2024"]}, "/time_ranges/0"),
    ({"time_ranges": [{"type": ["yearly"]}]}, "/time_ranges/0"),
    ({"value_range": 5}, "/value_range"),
    ({"value_range": {"min": "many"}}, "/value_range/min"),
    ({"value_range": {"min": 10**400}}, "/value_range/min"),
    ({"value_range": {"min": 9, "max": 3}}, "/value_range"),
    ({"include_flood_control": "perhaps"}, "/include_flood_control"),
]


@pytest.mark.parametrize(("body", "pointer"), REFUSED)
def test_what_cannot_be_meant_is_refused_where_it_stands(
    body: dict[str, Any], pointer: str, reader: Reader
) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        read_filters(body, reader)
    assert refusal.value.pointer.startswith(pointer)


def test_more_texts_than_patterns_are_allowed_are_refused(reader: Reader) -> None:
    with pytest.raises(InvalidQuery):
        read_filters({"contractors": [f"name {number}" for number in range(21)]}, reader)


@pytest.mark.parametrize(
    ("body", "old"),
    [
        ({"contractors": [], "areas": []}, True),
        ({"businessCategories": []}, True),
        ({"filters": {"page": 1}}, True),
        ({"filters": {"time_ranges": [{"type": "custom", "startDate": "2024-01-01"}]}}, True),
        ({"filters": {"time_ranges": [{"type": "all_time"}]}}, True),
        ({"filter": {}}, False),
        ({"filters": {"contractor": ["x"]}}, False),
        ({"filters": {}, "pages": 2}, False),
        ({"filters": 5}, False),
    ],
)
def test_a_mistake_in_our_language_is_not_taken_for_another_one(body: dict[str, Any], old: bool) -> None:
    assert is_old(body) is old


def test_members_of_a_task_stand_inside_the_wrapping_or_beside_it() -> None:
    wrapped = unwrap({"filters": {"areas": ["x"], "page": 2}, "entity_type": "area"})
    assert (wrapped["areas"], wrapped["page"], wrapped["entity_type"]) == (["x"], 2, "area")
    assert unwrap({"areas": ["x"]}) == {"areas": ["x"]}
