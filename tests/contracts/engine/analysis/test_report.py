"""A report on contracts: each figure is what a search with its filters counts, and says what it claims."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.engine.aggregates import Part
from contracts.engine.analysis.answers import Analysis
from contracts.engine.analysis.concentration import name_level
from contracts.engine.store import Reader
from contracts.questions.filters import Filters
from contracts.questions.periods import UNDATED, TimeRange
from tests.contracts.engine.analysis.recount import recount
from tests.contracts.example_questions import awards, labels, one_filter
from tests.contracts.small_stores import make_award, open_awards

NAMED = st.builds(
    lambda filters, name, list_: filters.model_copy(
        update={"contractors": (), "organizations": (), list_: (name,)}
    ),
    one_filter,
    labels,
    st.sampled_from(["contractors", "organizations"]),
)

FIRST_QUARTERS = [{"type": "quarterly", "year": year, "quarter": 1} for year in range(2019, 2024)]


def list_figures(part: object) -> Iterator[Mapping[str, Any]]:
    """All that stands for contracts, wherever it is in the report."""
    if isinstance(part, Mapping):
        if {"count", "total_value", "filters"} <= part.keys():
            yield part
        for member in part.values():
            yield from list_figures(member)
    elif isinstance(part, list):
        for member in part:
            yield from list_figures(member)


def analyze(given: list[dict[str, Any]], filters: Mapping[str, object] | None = None) -> Analysis:
    with open_awards(given) as store, store.reader() as reader:
        report = reader.analyze(Filters.from_json(filters or {}))
        recount(report, reader)
        return report


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(awards, max_size=16), st.lists(one_filter | NAMED, min_size=2, max_size=3))
def test_every_figure_is_what_a_search_with_its_filters_counts(
    given_awards: list[dict[str, Any]], questions: list[Filters]
) -> None:
    with open_awards(given_awards) as store, store.reader() as reader:
        for filters in questions:
            report = reader.analyze(filters)
            for figure in list_figures(json.loads(json.dumps(report))):
                found = reader.count(Filters.from_json(figure["filters"]))
                assert (found.rows, f"{found.total_value:.2f}") == (figure["count"], figure["total_value"])
            assert_adds_up(report, reader, filters)
            recount(report, reader)


def assert_adds_up(report: Analysis, reader: Reader, filters: Filters) -> None:
    """Each list of parts is all of the contracts."""
    whole = reader.count(filters)
    trend = report["trend"]
    lists: list[Sequence[Part]] = [trend["by_year"], trend["by_month"]]
    for parts in (*lists, *(shares["names"] for shares in report["partners"])):
        assert sum(part["count"] for part in parts) == whole.rows
        assert sum((Decimal(part["total_value"]) for part in parts), Decimal()) == whole.total_value


def test_season_is_the_middle_of_the_years_that_are_whole() -> None:
    # December has half of each year but one, in which a single large award would make June the peak.
    peaks = {2021: 12, 2022: 12, 2023: 6, 2024: 12}
    given = [
        make_award(100 * year + month, award_date=date(year, month, 2), contract_amount=Decimal(amount))
        for year, peak in peaks.items()
        for month in range(1, 13)
        for amount in [1100 if month == peak else 100]
    ]
    given += [make_award(1, award_date=date(2025, 3, 1)), make_award(2, award_date=None)]
    season = analyze(given)["trend"]["seasonality"]
    assert season["years"] == [2021, 2022, 2023, 2024]
    assert season["why_none"] is None
    assert sum(one["share"] for one in season["months"]) == pytest.approx(1, abs=1e-5)
    june, december = season["months"][5], season["months"][11]
    assert june["share"] == pytest.approx(1 / 22, abs=1e-6)
    assert december["share"] == pytest.approx(1 / 2)
    assert december["index"] == pytest.approx(6)
    assert june["least"] == pytest.approx(1 / 22, abs=1e-6)
    assert june["most"] == pytest.approx(1 / 2)
    assert len(Filters.from_json(december["filters"]).time_ranges) == 4


@pytest.mark.parametrize(
    ("years", "filters"),
    [
        (range(2021, 2023), {}),
        # Of each year, only a quarter is asked for.
        (
            range(2019, 2024),
            {"time_ranges": [{"type": "quarterly", "year": y, "quarter": 1} for y in range(2019, 2024)]},
        ),
    ],
)
def test_no_season_is_told_of_too_few_years(years: range, filters: dict[str, object]) -> None:
    given = [make_award(100 * y + m, award_date=date(y, m, 1)) for y in years for m in range(1, 13)]
    trend = analyze(given, filters)["trend"]
    assert trend["seasonality"]["months"] == []
    assert "fewer than the 3" in (trend["seasonality"]["why_none"] or "")
    assert trend["growth"] is None


def test_years_that_are_not_whole_are_told_and_compared_with_none() -> None:
    days = [date(2020, 5, 1), date(2021, 2, 1), date(2022, 2, 1), date(2023, 2, 1), date(2024, 1, 9)]
    amounts = ["100.00", "100.00", "150.00", "300.00", "900.00"]
    given = [
        make_award(n, award_date=day, contract_amount=Decimal(amount))
        for n, (day, amount) in enumerate(zip(days, amounts, strict=True))
    ]
    trend = analyze(given)["trend"]
    assert [(year["label"], year["whole"], year["change"]) for year in trend["by_year"]] == [
        ("2020", False, None),
        ("2021", True, None),
        ("2022", True, 0.5),
        ("2023", True, 1.0),
        ("2024", False, None),
    ]
    # Slopes 50, 150 and 100.
    assert trend["growth"] is not None
    assert trend["growth"]["pesos_a_year"] == "100.00"
    assert [month["trailing_year"] for month in trend["by_month"]] == [
        None,
        None,
        "150.00",
        "300.00",
        "1200.00",
    ]


def test_dependence_is_told_from_both_ends() -> None:
    given = [
        make_award(n, awardee_name=contractor, organization_name=buyer, contract_amount=Decimal(amount))
        for n, (contractor, buyer, amount) in enumerate(
            [("A", "X", 60), ("A", "Y", 40), ("B", "X", 140), ("A", None, 100), ("B", "Z", 9)]
        )
    ]
    report = analyze(given, {"contractors": ["A"]})
    own, buyers = report["partners"]
    assert own["names"][0]["largest"] is not None
    assert (own["names"][0]["largest"]["name"], own["names"][0]["largest"]["share"]) == ("X", 0.3)
    shown = {one["label"]: one for one in buyers["names"]}
    assert set(shown) == {"X", "Y", None}
    assert (shown["X"]["share"], shown["X"]["share_of_whole"]) == (0.3, 0.3)
    assert shown["X"]["largest"] is not None
    assert (shown["X"]["largest"]["name"], shown["X"]["largest"]["share"]) == ("B", 0.7)
    assert shown["Y"]["share_of_whole"] == 1.0
    assert shown[None]["whole"] is None


def test_concentration_is_the_sum_of_squared_shares_of_what_bears_a_name() -> None:
    given = [
        make_award(n, awardee_name=name, contract_amount=Decimal(amount))
        for n, (name, amount) in enumerate([("A", 50), ("B", 30), ("C", 20), (None, 100)])
    ]
    [of_contractors, of_buyers] = analyze(given)["concentration"]["by_kind"]
    assert of_contractors == {
        "kind": "contractors",
        "names": 3,
        "named": 0.5,
        "hhi": 3800,
        "equal_names": 2.63,
        "largest": 0.5,
        "four_largest": 1.0,
        "level": "high",
        "filters": {"except_contractors": [None]},
        "largest_filters": {"contractors": ["A"]},
        "four_largest_filters": {"contractors": ["A", "B", "C"]},
    }
    assert (of_buyers["hhi"], of_buyers["equal_names"]) == (10_000, 1.0)
    [of_buyers] = analyze(given, {"contractors": ["A"]})["concentration"]["by_kind"]
    assert of_buyers["kind"] == "organizations"
    assert [name_level(hhi) for hhi in (999, 1000, 1799, 1800)] == ["low", "moderate", "moderate", "high"]


def test_peers_are_the_names_next_in_rank_and_the_subject_is_marked() -> None:
    given = [
        make_award(10 * n + k, awardee_name=f"C{n:02}", organization_name=f"B{k}", contract_amount=Decimal(n))
        for n in range(1, 21)
        for k in range(2)
    ]
    peers = analyze(given, {"contractors": ["C18"]})["peers"]
    assert peers is not None
    assert (peers["rank"], peers["names"]) == (3, 20)
    assert [one["name"] for one in peers["peers"]] == [f"C{n:02}" for n in range(20, 12, -1)]
    assert [one["name"] for one in peers["peers"] if one["subject"]] == ["C18"]
    assert (peers["median_partners"], peers["median_largest_share"]) == (2.0, 0.5)
    assert peers["median_avg_value"] == "16.00"
    assert analyze(given, {"organizations": ["B0"]})["peers"] is not None
    assert analyze(given, {"contractors": ["C18", "C17"]})["peers"] is None
    assert analyze(given, {"contractors": ["nobody"]})["peers"] is None


def test_part_of_a_month_leads_to_the_days_that_were_asked_for() -> None:
    given = [make_award(n, award_date=date(2024, 5, n)) for n in range(1, 11)] + [
        make_award(11, award_date=None)
    ]
    asked = [{"type": "custom", "start_date": "2024-05-03", "end_date": "2024-05-06"}, {"type": "undated"}]
    months = analyze(given, {"time_ranges": asked})["trend"]["by_month"]
    assert [month["count"] for month in months] == [4, 1]
    days, undated = (Filters.from_json(month["filters"]).time_ranges for month in months)
    assert days == (TimeRange(start=date(2024, 5, 3), end=date(2024, 5, 6)),)
    assert undated == (UNDATED,)
