"""Making the model of a dataset version."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contracts.anomalies import amounts, trial
from contracts.anomalies.declared import (
    AMOUNT,
    CATEGORY,
    KINDS,
    LEVEL,
    MONTH,
    ORGANIZATION,
    PARAMETERS,
    SERIES,
    SHOWN,
    Parameters,
)
from contracts.anomalies.model import FORMAT, FOUND_SCHEMA, Coverage, Facts, Model, Trial
from contracts.anomalies.series import (
    YEAR,
    Floats,
    Parts,
    Spots,
    choose_judged,
    find_levels,
    find_months,
    take_apart,
)
from contracts.engine.cursor import Cursor
from contracts.engine.store import Reader, Scan
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.reading import FIRST_YEAR, LAST_YEAR
from contracts.snapshot.expressions import CODES, Statement

STEPS = 4
Codes = NDArray[np.int32]
CONTRACTS, MONTHS, SPOTS = "anomaly_contracts", "anomaly_months", "anomaly_spots"
SERIES_SCHEMA = pa.schema(
    [
        ("number", pa.int32()),
        ("of", pa.string()),
        ("name", pa.string()),
        ("first_month", pa.date32()),
        ("values", pa.list_(pa.float64())),
        ("expected", pa.list_(pa.float64())),
        ("spread", pa.float64()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What came of the series of one column: of ``names``, those that are judged, with their ``values`` by
    month; how many anomalies of each kind, and which."""

    names: int
    values: Floats
    counts: Mapping[str, int]
    found: pa.Table
    series: pa.Table


def train(
    reader: Reader, version: str, *, parameters: Parameters = PARAMETERS
) -> Generator[Progress, None, Model]:
    """The model of the contracts of the main source, as a search without filters means them.

    Raises QueryInterrupted, OutOfSpace.
    """
    cursor = reader.scan(Filters()).cursor
    yield _tell("looking at organizations", 0)
    ours = _judge(reader, ORGANIZATION, parameters, start=0)
    yield _tell("looking at categories", 1)
    theirs = _judge(reader, CATEGORY, parameters, start=len(ours.series))
    yield _tell("looking at amounts", 2)
    sizes = amounts.group_amounts(reader, parameters)
    count, far = amounts.find_amounts(cursor, parameters)
    yield _tell("trying what is found", 3)
    trials: list[Trial] = [
        *trial.try_series(ours.values, ORGANIZATION, parameters),
        *trial.try_series(theirs.values, CATEGORY, parameters),
        *trial.try_amounts(cursor, parameters),
    ]
    facts: Facts = {
        "format": FORMAT,
        "dataset_version": version,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": dict(parameters.numbers),
        "coverage": _cover(sizes, ours, theirs),
        "found": {
            **{kind: ours.counts[kind] + theirs.counts[kind] for kind in (MONTH, LEVEL)},
            AMOUNT: count,
        },
        "trials": trials,
    }
    return Model(
        facts=facts,
        found=_keep_strongest(
            pa.concat_tables([ours.found, theirs.found, far.cast(FOUND_SCHEMA)]), parameters
        ),
        series=pa.concat_tables([ours.series, theirs.series]),
        groups=amounts.list_groups(cursor),
    )


def _cover(sizes: amounts.Sizes, ours: Judged, theirs: Judged) -> Coverage:
    return {
        "contracts": sizes.rows,
        "contracts_judged": sizes.judged,
        "organizations": ours.names,
        "organizations_judged": len(ours.series),
        "categories": theirs.names,
        "categories_judged": len(theirs.series),
    }


def _judge(reader: Reader, of: str, parameters: Parameters, *, start: int) -> Judged:
    """The series of one column, numbered from ``start`` on."""
    scan = reader.scan(Filters())
    column = SERIES[of]
    _prepare_months(scan, column)
    names, first, codes, values = _read_months(scan.cursor, parameters)
    parts = take_apart(values, parameters)
    spots = {MONTH: find_months(parts, parameters), LEVEL: find_levels(parts, parameters)}
    found = [
        _describe(scan.cursor, of, codes, first, kind, one, parameters=parameters, start=start)
        for kind, one in spots.items()
    ]
    return Judged(
        names=names,
        values=values,
        counts={kind: len(one.month) for kind, one in spots.items()},
        found=pa.concat_tables(found),
        series=_list_series(scan.cursor, of, codes, first, values, parts, start=start),
    )


def _prepare_months(scan: Scan, column: str) -> None:
    """Make the relations CONTRACTS, each with the code of its name and its month from year 0, and MONTHS."""
    # Not the last month: it is not over in most files, and would be a fall of everything.
    rows = f"""SELECT id, {CODES[column]}::INTEGER AS code, contract_amount,
            (12 * year(award_date) + month(award_date) - 1)::INTEGER AS month
        {scan.rows.sql} AND {column} IS NOT NULL
            AND year(award_date) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"""
    scan.cursor.execute(Statement(f"CREATE OR REPLACE TEMP VIEW {CONTRACTS} AS {rows}"))
    scan.cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE {MONTHS} AS
            SELECT code, month, count(*) AS contracts, sum(contract_amount)::DECIMAL(38, 2) AS value
            FROM {CONTRACTS} GROUP BY 1, 2
            QUALIFY month < max(month) OVER ()"""
        )
    )


def _read_months(cursor: Cursor, parameters: Parameters) -> tuple[int, int, Codes, Floats]:
    """How many names there are, the first month (a January), and of those that are judged the codes and the
    values by month."""
    least = int(parameters.least_share * parameters.least_months)
    [names] = cursor.fetch(Statement(f"SELECT count(DISTINCT code) FROM {MONTHS}"), int)
    rows = cursor.fetch_table(
        Statement(
            f"""SELECT code, month, value::DOUBLE AS value FROM {MONTHS}
            QUALIFY count(*) OVER (PARTITION BY code) >= {least} ORDER BY code, month"""
        )
    )
    code, month, value = (rows.column(name).to_numpy() for name in ("code", "month", "value"))
    first = int(month.min()) // YEAR * YEAR if len(month) else YEAR * FIRST_YEAR
    width = int(month.max()) - first + 1 if len(month) else parameters.least_months
    codes, places = np.unique(code, return_inverse=True)
    values = np.zeros((len(codes), width))
    values[places, month - first] = value
    judged = choose_judged(values, parameters)
    return names, first, codes[judged], values[judged]


def _describe(
    cursor: Cursor,
    of: str,
    codes: Codes,
    first: int,
    kind: str,
    spots: Spots,
    *,
    parameters: Parameters,
    start: int,
) -> pa.Table:
    """The anomalies at ``spots``, with the contracts of their months, in the columns of FOUND_SCHEMA."""
    length = parameters.level_months if kind == LEVEL else 1
    cursor.register_table(SPOTS, _list_spots(codes, first, spots, length=length, start=start))
    labels = {ORGANIZATION: "NULL", CATEGORY: "NULL", of: "any_value(l.label)"}
    # What a month came to is told exactly; what is usual after a step is a median.
    actual = "actual::DECIMAL(38, 2)" if kind == LEVEL else "sum(m.value)::DECIMAL(38, 2)"
    return cursor.fetch_table(
        Statement(
            f"""WITH chosen AS (
                SELECT series, since, arg_max(c.id, c.contract_amount, {SHOWN}) AS largest
                FROM {SPOTS} s JOIN {CONTRACTS} c ON c.code = s.code AND c.month BETWEEN since AND until
                GROUP BY series, since
            )
            SELECT '{kind}' AS kind, {labels[ORGANIZATION]}::VARCHAR AS organization,
                {labels[CATEGORY]}::VARCHAR AS category, series,
                make_date(since // 12, since % 12 + 1, 1) AS first_day,
                last_day(make_date(until // 12, until % 12 + 1, 1)) AS last_day,
                score, {actual} AS actual, expected, low, high, NULL::BIGINT AS alike,
                sum(m.contracts)::BIGINT AS contracts, sum(m.value)::DECIMAL(38, 2) AS total_value,
                any_value(largest) AS largest
            FROM {SPOTS} s JOIN {MONTHS} m ON m.code = s.code AND m.month BETWEEN since AND until
            JOIN chosen USING (series, since)
            JOIN labels l ON l.field = '{SERIES[of]}' AND l.code = s.code
            GROUP BY series, since, until, score, s.actual, expected, low, high"""
        )
    ).cast(FOUND_SCHEMA)


def _list_spots(codes: Codes, first: int, spots: Spots, *, length: int, start: int) -> pa.Table:
    """The spots with the months, from year 0, of their contracts: from the month of each on, so many."""
    months = spots.month + first
    return pa.table(
        {
            "code": codes[spots.series],
            "series": (spots.series + start).astype(np.int32),
            "since": months,
            "until": months + length - 1,
            "score": np.abs(spots.score),
            "actual": np.exp(spots.actual),
            "expected": np.exp(spots.expected),
            "low": np.exp(spots.expected - spots.margin),
            "high": np.exp(spots.expected + spots.margin),
        }
    )


def _list_series(
    cursor: Cursor, of: str, codes: Codes, first: int, values: Floats, parts: Parts, *, start: int
) -> pa.Table:
    labels = cursor.fetch(
        Statement(f"SELECT code, label FROM labels WHERE field = '{SERIES[of]}'"), lambda *row: row
    )
    names = dict(labels)
    count = len(codes)
    return pa.table(
        {
            "number": np.arange(start, start + count, dtype=np.int32),
            "of": [of] * count,
            "name": [names[code] for code in codes.tolist()],
            "first_month": [date(first // YEAR, 1, 1)] * count,
            "values": [_leave_out(row) for row in np.where(values > 0, values, np.nan)],
            "expected": [_leave_out(row) for row in np.exp(parts.expected)],
            "spread": parts.spread,
        },
        schema=SERIES_SCHEMA,
    )


def _leave_out(row: Floats) -> pa.Array:
    """The numbers of a row, null where there is none."""
    return pa.array(row, mask=np.isnan(row))


def _keep_strongest(found: pa.Table, parameters: Parameters) -> pa.Table:
    """The strongest of each kind, by their score. Equal scores have one order."""
    keys = ("score", "organization", "category", "first_day", "actual")
    order = [(key, "descending" if key == "score" else "ascending") for key in keys]
    ordered = found.sort_by(order)
    kinds = [ordered.filter(pc.equal(ordered["kind"], kind)).slice(0, parameters.most_kept) for kind in KINDS]
    return pa.concat_tables(kinds).sort_by(order)


def _tell(phase: str, step: int) -> Progress:
    return Progress(phase=phase, current=step, total=STEPS, unit="steps")
