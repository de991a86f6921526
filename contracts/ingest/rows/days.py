"""The date texts of a file -> days, in the staging tables. What a text means is decided by ``dates``."""

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
    Mixture,
    Stamp,
    decide_order,
    is_utc_column,
    mend_cell,
    parse_stamp,
    refuse_torn,
    settle_day,
)
from contracts.ingest.rows.staging import RawFile
from contracts.ingest.tables.batches import DATE_CELL

DATE_FIELDS = ("award_date", "publish_date", "closing_date", "start_date", "completion_date")
_WITH_HOURS = frozenset({"closing_date"})
"""Bids close at an hour: 15:00 and 16:00 in such a column are hours and no midnights."""
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_BATCH = 100_000


@dataclass(frozen=True, kw_only=True)
class _Impressions:
    """What all date cells of a file say together about how each is to be read."""

    evidence: Evidence = field(default_factory=Evidence)
    mixtures: dict[str, Mixture] = field(default_factory=lambda: {name: Mixture() for name in DATE_FIELDS})
    times: dict[str, set[int]] = field(default_factory=lambda: {name: set() for name in DATE_FIELDS})

    def add(self, column: str, text: str, cells: int) -> None:
        stamp = parse_stamp(text.removeprefix(DATE_CELL))
        if stamp is None:
            return
        self.evidence.add(text, stamp, cells)
        if stamp.seconds is not None:
            self.times[column].add(stamp.seconds)
        if _is_cell(text):
            self.mixtures[column].add_cell(stamp, cells, marked=text.startswith(DATE_CELL))
        else:
            self.mixtures[column].add_text(text, stamp, cells)


def _is_cell(text: str) -> bool:
    """Whether it is a date cell, or what becomes of one in a text file."""
    return text.startswith(DATE_CELL) or _ISO.match(text) is not None


def settle_days(con: duckdb.DuckDBPyConnection, file: RawFile, explicit: DateOrder | None) -> None:
    """Fill ``staging.days`` for one file: a day per distinct text, null where it is none.

    Texts are parsed twice, because only all of them together say how each is to be read and all of them at
    once need not fit into memory. Raises BadFile as ``decide_order`` does, and for a workbook whose dates
    another locale has changed.
    """
    _collect_texts(con, file)
    impressions = _Impressions()
    for column, text, cells in _iterate_texts(con):
        impressions.add(column, text, cells)
    torn = [column for column, mixture in impressions.mixtures.items() if mixture.is_torn]
    if torn and explicit is None:
        raise refuse_torn(file.path.name, column=torn[0], mixture=impressions.mixtures[torn[0]])
    order = decide_order(impressions.evidence, explicit, file=file.path.name)
    doubtful = impressions.evidence.find_doubtful() if explicit is None else frozenset()
    utc = {c: c not in _WITH_HOURS and is_utc_column(times) for c, times in impressions.times.items()}
    settled: list[tuple[str, str, date | None]] = []
    for column, text, _ in _iterate_texts(con):
        stamp = parse_stamp(text.removeprefix(DATE_CELL))
        changed = text.startswith(DATE_CELL) if impressions.mixtures[column].from_cells else _is_cell(text)
        if stamp and order and column in torn and changed:
            stamp = mend_cell(stamp, order, impressions.evidence)
        if stamp and stamp.ends in doubtful:
            stamp = None
        settled.append((column, text, _settle(stamp, order, utc=utc[column])))
        if len(settled) == _BATCH:
            _store_days(con, file.number, settled)
            settled.clear()
    _store_days(con, file.number, settled)


def _settle(stamp: Stamp | None, order: DateOrder | None, *, utc: bool) -> date | None:
    return None if stamp is None else settle_day(stamp, order, utc=utc)


def _collect_texts(con: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    fields = " UNION ALL ".join(
        f"SELECT '{column}' AS field, date_text({column}) AS text FROM staging.raw WHERE file = {file.number}"
        for column in DATE_FIELDS
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE staging.date_texts AS
        SELECT field, text, count(*) AS cells FROM ({fields}) WHERE text IS NOT NULL GROUP BY ALL"""
    )


def _iterate_texts(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, int]]:
    cursor = con.cursor().execute("SELECT field, text, cells FROM staging.date_texts")
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def _store_days(
    con: duckdb.DuckDBPyConnection, file: int, settled: Sequence[tuple[str, str, date | None]]
) -> None:
    if not settled:
        return
    fields, texts, days = zip(*settled, strict=True)
    con.register(
        "settled",
        pa.table(
            {
                "field": pa.array(fields, pa.string()),
                "text": pa.array(texts, pa.string()),
                "day": pa.array(days, pa.date32()),
            }
        ),
    )
    con.execute("INSERT INTO staging.days SELECT $file, field, text, day FROM settled", {"file": file})
    con.unregister("settled")
