"""What is no sum in a report, computed anew from the rows that the filters beside it mean, as an export
streams them: these alone must be enough."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import combinations
from statistics import median
from typing import Any

import pytest

from contracts.engine.analysis.answers import Analysis, Concentration, Peers, Trend
from contracts.engine.store import Reader
from contracts.questions.filters import Filters
from contracts.questions.query import Query

OWN = {"contractors": "awardee_name", "organizations": "organization_name"}
PARTNER = {"contractors": "organization_name", "organizations": "awardee_name"}
CENT = Decimal("0.01")


def recount(report: Analysis, reader: Reader) -> None:
    """Every figure that has no count beside it."""
    _recount_summary(report, reader)
    _recount_changes(report["trend"], reader)
    _recount_seasons(report["trend"], reader)
    for one in report["concentration"]["by_kind"]:
        _recount_concentration(one, reader)
    if report["peers"]:
        _recount_peers(report["peers"], reader)


def read_rows(reader: Reader, filters: object) -> list[dict[str, Any]]:
    """All rows that ``filters``, as a report says them, mean."""
    asked = Query(
        filters=Filters.from_json(filters), columns=(*OWN.values(), "award_date", "contract_amount")
    )
    rows: list[dict[str, Any]] = reader.stream(asked).read_all().to_pylist()
    return rows


def add_up(reader: Reader, filters: object, by: str) -> Mapping[Any, Decimal]:
    """Value of a column -> pesos; of the day of award only the year."""
    sums: dict[Any, Decimal] = defaultdict(Decimal)
    for row in read_rows(reader, filters):
        value = row[by]
        sums[value.year if by == "award_date" and value else value] += row["contract_amount"]
    return sums


def _recount_summary(report: Analysis, reader: Reader) -> None:
    amounts = [row["contract_amount"] for row in read_rows(reader, report["filters"])]
    summary = report["summary"]
    if not amounts:
        assert (summary["median_value"], summary["avg_value"]) == (None, None)
        return
    assert abs(Decimal(summary["median_value"] or 0) - median(amounts)) <= CENT
    assert abs(Decimal(summary["avg_value"] or 0) - sum(amounts) / len(amounts)) <= CENT


def _recount_changes(trend: Trend, reader: Reader) -> None:
    for year in trend["by_year"]:
        assert (year["change"] is None) == (year["change_filters"] is None)
        if year["change"] is not None:
            (_, before), (_, after) = sorted(add_up(reader, year["change_filters"], "award_date").items())
            assert year["change"] == pytest.approx(float((after - before) / before), abs=1e-6)
    for month in trend["by_month"]:
        assert (month["trailing_year"] is None) == (month["trailing_filters"] is None)
        if month["trailing_year"] is not None:
            rows = read_rows(reader, month["trailing_filters"])
            assert sum(row["contract_amount"] for row in rows) == Decimal(month["trailing_year"])
    if growth := trend["growth"]:
        years = add_up(reader, growth["filters"], "award_date")
        pairs = combinations(sorted(years), 2)
        slopes = [(years[late] - years[early]) / (late - early) for early, late in pairs]
        assert abs(median(slopes) - Decimal(growth["pesos_a_year"])) <= CENT


def _recount_seasons(trend: Trend, reader: Reader) -> None:
    seasonality = trend["seasonality"]
    if seasonality["filters"] is None:
        assert seasonality["years"] == []
        return
    years = add_up(reader, seasonality["filters"], "award_date")
    assert sorted(years) == seasonality["years"]
    for season in seasonality["months"]:
        mine = add_up(reader, season["filters"], "award_date")
        shares = [float(mine.get(year, 0) / pesos) for year, pesos in years.items()]
        assert (season["least"], season["most"]) == pytest.approx((min(shares), max(shares)), abs=1e-6)


def _recount_concentration(one: Concentration, reader: Reader) -> None:
    pesos = add_up(reader, one["filters"], OWN[one["kind"]]).values()
    assert len(pesos) == one["names"]
    assert (one["hhi"] is None) == (not pesos)
    if one["hhi"] is None:
        return
    whole = sum(pesos)
    assert one["hhi"] == pytest.approx(sum(float(100 * mine / whole) ** 2 for mine in pesos), abs=1)
    for share, filters in (
        (one["largest"], one["largest_filters"]),
        (one["four_largest"], one["four_largest_filters"]),
    ):
        part = sum(row["contract_amount"] for row in read_rows(reader, filters))
        assert share == pytest.approx(float(part / whole), abs=1e-6)


def _recount_peers(peers: Peers, reader: Reader) -> None:
    own, partner = OWN[peers["kind"]], PARTNER[peers["kind"]]
    assert len(add_up(reader, peers["filters"], own)) == peers["names"]
    if peers["median_filters"] is None:
        assert (peers["median_partners"], peers["median_avg_value"]) == (None, None)
        return
    partners: dict[str, set[str | None]] = defaultdict(set)
    for row in read_rows(reader, peers["median_filters"]):
        partners[row[own]].add(row[partner])
    assert peers["median_partners"] == median(len(names - {None}) for names in partners.values())
