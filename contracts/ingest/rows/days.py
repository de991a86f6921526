"""The date texts of a file -> days, in the staging tables, as ``contracts.ingest.cells.dates`` reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow as pa

from contracts.ingest.cells.dates import (
    DateOrder,
    Evidence,
    SwapEvidence,
    decide_order,
    is_utc_column,
    parse_stamp,
    refuse_swapped,
    settle_day,
    swap_back,
)
from contracts.ingest.rows.staging import RawFile
from contracts.ingest.tables.batches import DATE_CELL

DATE_FIELDS = ("award_date", "publish_date", "closing_date", "start_date", "completion_date")
# Bids close at an hour: 15:00 and 16:00 in such a column are hours and no midnights.
_WITH_HOURS = frozenset({"closing_date"})
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_BATCH = 100_000


@dataclass(frozen=True, kw_only=True)
class _DateSurvey:
    """What all date cells of a file say together about how each is to be read."""

    evidence: Evidence = field(default_factory=Evidence)
    swaps: dict[str, SwapEvidence] = field(
        default_factory=lambda: {name: SwapEvidence() for name in DATE_FIELDS}
    )
    times: dict[str, set[int]] = field(default_factory=lambda: {name: set() for name in DATE_FIELDS})

    def add(self, column: str, text: str, cells: int) -> None:
        stamp = parse_stamp(text.removeprefix(DATE_CELL))
        if stamp is None:
            return
        self.evidence.add(text, stamp, cells)
        if stamp.seconds is not None:
            self.times[column].add(stamp.seconds)
        if _is_cell(text):
            self.swaps[column].add_cell(stamp, cells, marked=text.startswith(DATE_CELL))
        else:
            self.swaps[column].add_text(text, stamp, cells)


def _is_cell(text: str) -> bool:
    """Whether it is a date cell, or what becomes of one in a text file."""
    return text.startswith(DATE_CELL) or _ISO.match(text) is not None


def settle_days(con: duckdb.DuckDBPyConnection, file: RawFile, explicit: DateOrder | None) -> None:
    """Fill ``staging.days`` for one file: a day per distinct raw cell with a text, null where it is none.

    Raises BadFile as ``decide_order`` does, and for a workbook whose dates another locale has changed.
    """
    # Texts are parsed twice: only all of them together say how each is to be read, and kept parsed they need
    # not fit into memory.
    _collect_texts(con, file)
    survey = _DateSurvey()
    for column, _, text, cells in _iterate_texts(con):
        survey.add(column, text, cells)
    swapped = [column for column, signs in survey.swaps.items() if signs.is_swapped]
    if swapped and explicit is None:
        raise refuse_swapped(file.path.name, column=swapped[0], signs=survey.swaps[swapped[0]])
    order = decide_order(survey.evidence, explicit, file=file.path.name)
    doubtful = survey.evidence.list_doubtful() if explicit is None else frozenset()
    utc = {c: c not in _WITH_HOURS and is_utc_column(times) for c, times in survey.times.items()}
    settled: list[tuple[str, str, date | None]] = []
    for column, raw, text, _ in _iterate_texts(con):
        stamp = parse_stamp(text.removeprefix(DATE_CELL))
        changed = text.startswith(DATE_CELL) if survey.swaps[column].from_cells else _is_cell(text)
        if stamp and order and column in swapped and changed:
            stamp = swap_back(stamp, order, survey.evidence)
        if stamp and stamp.ends in doubtful:
            stamp = None
        settled.append((column, raw, settle_day(stamp, order, utc=utc[column]) if stamp else None))
        if len(settled) == _BATCH:
            _store_days(con, file.number, settled)
            settled.clear()
    _store_days(con, file.number, settled)


def _collect_texts(con: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    fields = " UNION ALL ".join(
        f"SELECT '{column}' AS field, {column} AS raw FROM staging.raw WHERE file = {file.number}"
        for column in DATE_FIELDS
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE staging.date_texts AS
        SELECT field, raw, date_text(raw) AS text, cells FROM (
            SELECT field, raw, count(*) AS cells FROM ({fields}) WHERE raw IS NOT NULL GROUP BY ALL
        )"""
    )


def _iterate_texts(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, str, int]]:
    cursor = con.cursor().execute(
        "SELECT field, raw, text, cells FROM staging.date_texts WHERE text IS NOT NULL"
    )
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _store_days(
    con: duckdb.DuckDBPyConnection, file: int, settled: Sequence[tuple[str, str, date | None]]
) -> None:
    if not settled:
        return
    fields, raws, days = zip(*settled, strict=True)
    con.register(
        "settled",
        pa.table(
            {
                "field": pa.array(fields, pa.string()),
                "raw": pa.array(raws, pa.string()),
                "day": pa.array(days, pa.date32()),
            }
        ),
    )
    con.execute("INSERT INTO staging.days SELECT $file, field, raw, day FROM settled", {"file": file})
    con.unregister("settled")
