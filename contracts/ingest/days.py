"""The date texts of a file -> days, in the staging tables. What a text means is decided by ``dates``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from contracts.ingest.dates import (
    DateOrder,
    Evidence,
    decide_order,
    is_utc_column,
    parse_stamp,
    settle_day,
)
from contracts.ingest.staging import RawFile

DATE_FIELDS = ("award_date", "publish_date", "closing_date")
_BATCH = 100_000


def settle_days(con: duckdb.DuckDBPyConnection, file: RawFile, explicit: DateOrder | None) -> None:
    """Fill ``staging.days`` for one file: a day per distinct text, null where it is none.

    Texts are parsed twice, because only all of them together say how each is to be read and all of them at
    once need not fit into memory. Raises BadFile as ``decide_order`` does.
    """
    _collect_texts(con, file)
    notations = sorted(file.generation.notations, key=lambda notation: notation.name)
    evidence = Evidence()
    times: dict[str, set[int]] = {field: set() for field in DATE_FIELDS}
    for field, text, cells in _iterate_texts(con):
        if stamp := parse_stamp(text, notations):
            evidence.add(text, stamp, cells)
            times[field].add(stamp.seconds)
    order = decide_order(evidence, explicit, file=file.path.name)
    utc = {field: is_utc_column(seconds) for field, seconds in times.items()}
    settled: list[tuple[str, str, date | None]] = []
    for field, text, _ in _iterate_texts(con):
        stamp = parse_stamp(text, notations)
        settled.append((field, text, settle_day(stamp, order, utc=utc[field]) if stamp else None))
        if len(settled) == _BATCH:
            _store_days(con, file.number, settled)
            settled.clear()
    _store_days(con, file.number, settled)


def _collect_texts(con: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    fields = " UNION ALL ".join(
        f"SELECT '{field}' AS field, clean_text({field}) AS text FROM staging.raw WHERE file = {file.number}"
        for field in DATE_FIELDS
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
