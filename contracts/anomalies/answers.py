"""What is told of the anomalies: a page of them, each with its contracts and the filters that find these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from contracts.anomalies.declared import AMOUNT, CAUTION, KINDS
from contracts.anomalies.model import Facts, read_facts, read_found, read_series
from contracts.anomalies.series import YEAR
from contracts.engine.records.record import TOLD
from contracts.engine.records.rows import JsonRow
from contracts.engine.records.shown import ShownContract, show_contract
from contracts.engine.store import Reader
from contracts.fields import Also, Pesos, Shown
from contracts.questions.filters import Filters
from contracts.questions.numbers import ValueRange
from contracts.questions.periods import TimeRange
from contracts.questions.query import Page
from contracts.snapshot.versions import Snapshot

BEFORE, AFTER = 3 * YEAR, YEAR
"""Months of a series that are told around an anomaly."""
MAX_PAGE_SIZE = 50

Count = Annotated[int, Also(minimum=0)]
Day = Annotated[str, Also(format="date")]
Kind = Annotated[str, Also(enum=list(KINDS))]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which anomalies, the strongest first: of one ``kind``, with at least this ``score``, of exactly this
    ``organization`` or ``category``."""

    kind: str | None = None
    score: int = 0
    organization: str | None = None
    category: str | None = None
    page: int = 1
    page_size: int = 10

    @property
    def place(self) -> Page:
        return Page(number=self.page, size=self.page_size)


class SeriesMonth(TypedDict):
    """A month of a series, in pesos: what it came to, what was expected and the band around that. Null where
    nothing was bought, which is not judged."""

    month: Annotated[str, Also(pattern="^[0-9]{4}-[0-9]{2}$")]
    actual: Pesos | None
    expected: Pesos | None
    low: Pesos | None
    high: Pesos | None


class Anomaly(TypedDict):
    """One anomaly. ``organization`` and ``category`` say whose; ``score`` is the modified z, and ``low`` to
    ``high`` the band in which it would be none. Of a level, ``actual`` and ``expected`` are a usual month
    after and before; of an amount there are so many ``like_contracts``. A search with ``filters`` finds
    exactly its ``contracts``, of which ``evidence`` are the largest; one with ``compared_filters`` finds what
    they were compared with: all months of the series, or the contracts of the category and year, of all kinds
    of buyers, as a kind of buyer is no filter."""

    kind: Kind
    organization: str | None
    category: str | None
    first_day: Day
    last_day: Day
    score: float
    direction: Literal["above", "below"]
    actual: Pesos
    expected: Pesos
    low: Pesos
    high: Pesos
    like_contracts: Count | None
    contracts: Count
    total_value: Pesos
    filters: Annotated[Mapping[str, object], Shown(Filters)]
    compared_filters: Annotated[Mapping[str, object], Shown(Filters)]
    evidence: list[ShownContract]
    series: list[SeriesMonth]


class AnomalyList(TypedDict):
    """A page of the anomalies that were asked for, of ``count``, and what the model says of itself."""

    dataset_version: str
    count: Count
    page: int
    page_size: int
    anomalies: list[Anomaly]
    model: Facts
    caution: str


def list_anomalies(wanted: Wanted, snapshot: Snapshot, reader: Reader) -> AnomalyList:
    """The page, of the model of ``snapshot``, which ``reader`` reads. Raises NotTrained, SnapshotMissing."""
    facts = read_facts(snapshot)
    found = _choose(read_found(snapshot), wanted)
    rows = found.slice(wanted.place.offset, wanted.place.size).to_pylist()
    numbers = [row["series"] for row in rows if row["series"] is not None]
    series = {one["number"]: one for one in read_series(snapshot, numbers).to_pylist()}
    # All at once, because each read of a few rows takes as long as one of all of them.
    ids = list(dict.fromkeys(number for row in rows for number in row["largest"]))
    contracts = dict(zip(ids, reader.read_contracts(TOLD, ids), strict=True))
    return {
        "dataset_version": snapshot.version,
        "count": found.num_rows,
        "page": wanted.page,
        "page_size": wanted.page_size,
        "anomalies": [_tell(row, series.get(row["series"]), facts, contracts) for row in rows],
        "model": facts,
        "caution": CAUTION,
    }


def make_filters(row: Mapping[str, Any]) -> Filters:
    """The filters that find exactly the contracts of an anomaly, a row of the model's ``found``."""
    amount = row["actual"] if row["kind"] == AMOUNT else None
    return Filters(
        organizations=() if row["organization"] is None else (row["organization"],),
        business_categories=() if row["category"] is None else (row["category"],),
        time_ranges=(TimeRange(start=row["first_day"], end=row["last_day"]),),
        value_range=ValueRange(min=amount, max=amount),
    )


def make_compared(row: Mapping[str, Any]) -> Filters:
    """The filters that find what an anomaly was compared with."""
    of_year = row["kind"] == AMOUNT
    own = make_filters(row)
    return own.model_copy(
        update={
            "organizations": () if of_year else own.organizations,
            "time_ranges": (TimeRange.year(row["first_day"].year),) if of_year else (),
            "value_range": ValueRange(),
        }
    )


def _choose(found: pa.Table, wanted: Wanted) -> pa.Table:
    met = pc.greater_equal(found["score"], wanted.score)
    for name in ("kind", "organization", "category"):
        asked = getattr(wanted, name)
        if asked is not None:
            met = pc.and_(met, pc.fill_null(pc.equal(found[name], asked), False))
    return found.filter(met)


def _tell(
    row: Mapping[str, Any],
    series: Mapping[str, Any] | None,
    facts: Facts,
    contracts: Mapping[int, JsonRow],
) -> Anomaly:
    filters = make_filters(row)
    return {
        "kind": row["kind"],
        "organization": row["organization"],
        "category": row["category"],
        "first_day": row["first_day"].isoformat(),
        "last_day": row["last_day"].isoformat(),
        "score": round(row["score"], 2),
        "direction": "above" if row["actual"] > row["expected"] else "below",
        "actual": f"{row['actual']:.2f}",
        "expected": f"{row['expected']:.2f}",
        "low": f"{row['low']:.2f}",
        "high": f"{row['high']:.2f}",
        "like_contracts": row["alike"],
        "contracts": row["contracts"],
        "total_value": f"{row['total_value']:.2f}",
        "filters": filters.to_json(),
        "compared_filters": make_compared(row).to_json(),
        "evidence": [show_contract(contracts[number]) for number in row["largest"]],
        "series": [] if series is None else _list_months(series, row, facts["parameters"]["month_score"]),
    }


def _list_months(series: Mapping[str, Any], row: Mapping[str, Any], score: float) -> list[SeriesMonth]:
    """The months around an anomaly."""
    start = _number(series["first_month"])
    first = max(0, _number(row["first_day"]) - start - BEFORE)
    last = min(len(series["values"]), _number(row["last_day"]) - start + 1 + AFTER)
    # As a factor, because the band is even on logarithms.
    reach = Decimal(f"{score * series['spread']:.6f}").exp()
    return [
        _tell_month(start + place, series["values"][place], series["expected"][place], reach)
        for place in range(first, last)
    ]


def _tell_month(number: int, actual: float | None, expected: float | None, reach: Decimal) -> SeriesMonth:
    usual = None if expected is None else Decimal(expected)
    return {
        "month": f"{number // YEAR}-{number % YEAR + 1:02}",
        "actual": None if actual is None else f"{actual:.2f}",
        "expected": None if usual is None else f"{usual:.2f}",
        "low": None if usual is None else f"{usual / reach:.2f}",
        "high": None if usual is None else f"{usual * reach:.2f}",
    }


def _number(day: date) -> int:
    return YEAR * day.year + day.month - 1
