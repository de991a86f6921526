"""The physical layout of a snapshot: what is stored beside the columns, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from contracts.engine import aggregates
from contracts.engine.records.identities import write_keys
from contracts.engine.sql import matching_rows
from contracts.fields import FIELDS, FLOOD_CONTROL
from contracts.questions.filters import Filters
from contracts.snapshot.expressions import CODES, fold_field, value_bin
from contracts.snapshot.numbers import write_numbers
from contracts.snapshot.rows import write_arrays
from contracts.snapshot.versions import NUMBERS, ROWS, WORDS
from contracts.snapshot.words import build_index

STORED = tuple(field for field in FIELDS if field.name != "id")
# About 300 MB, so that an import needs no disk for sorting.
SORTED_AT_ONCE = 400_000


def build(con: duckdb.DuckDBPyConnection, awards: str, *, numbered: str | None = None) -> None:
    """Create ``contracts``, ``labels`` and ``cube`` from the relation ``awards`` of the same connection.

    ``awards`` holds every column of FIELDS but ``id``, in the types of ``FieldType.sql_type``. Its text is
    cleaned: trimmed, runs of whitespace are one space, no control characters, NFC. ``contract_amount`` is
    positive, ``source`` one of the two known values; neither is null.

    ``numbered`` is a table that is told the number of each award, from 0: ``contract`` and the ``seq`` that
    ``awards`` then has.
    """
    _build_labels(con, awards)
    _build_contracts(con, awards, numbered)
    # For the rows of a page, which are read by their ids.
    con.execute("CREATE UNIQUE INDEX contracts_by_id ON contracts (id)")
    cube = aggregates.build_cube(
        *(matching_rows(Filters(include_flood_control=flood), {}) for flood in (False, True))
    )
    con.execute(cube.sql, cube.parameters)


def build_arrays(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what stands beside the database of the snapshot in ``folder``, from the tables of ``build``."""
    write_arrays(con, folder / ROWS)
    write_keys(con, folder / ROWS)
    build_index(con, folder / WORDS)
    write_numbers(con, folder / NUMBERS)


def _build_labels(con: duckdb.DuckDBPyConnection, awards: str) -> None:
    """One row per distinct name of each name column, the missing name included; codes count from 0."""
    flood = f"source = '{FLOOD_CONTROL}'"
    counted = " UNION ALL ".join(
        f"""SELECT '{column}' AS field, {column} AS label,
            count(*) FILTER (NOT {flood}) AS main_rows,
            coalesce(sum(contract_amount) FILTER (NOT {flood}), 0) AS main_value,
            count(*) AS all_rows, sum(contract_amount) AS all_value
        FROM {awards} GROUP BY {column}"""
        for column in CODES
    )
    con.execute(
        f"""CREATE TABLE labels AS
        SELECT field, row_number() OVER by_size - 1 AS code, label, {fold_field("label")} AS folded,
            main_rows, main_value, all_rows, all_value
        FROM ({counted})
        WINDOW by_size AS (PARTITION BY field ORDER BY all_rows DESC, label NULLS LAST)
        ORDER BY field, code"""
    )


def _build_contracts(con: duckdb.DuckDBPyConnection, awards: str, numbered: str | None) -> None:
    """The rows, physically in the order of the default sort and numbered by it."""
    # The rows come by periods, because to sort them all at once would spill gigabytes; each by way of a
    # temporary table, whose rowid numbers them: row_number() would run the sort and the compression in one
    # thread.
    done = 0
    beside, kept = (", a.seq", "* EXCLUDE (seq)") if numbered else ("", "*")
    for condition in list(_periods(con, awards)) or ["false"]:
        con.execute(f"CREATE TEMP TABLE ordered AS {_ordered(awards, condition, beside)}")
        con.execute(
            f"CREATE TABLE IF NOT EXISTS contracts AS SELECT 0::BIGINT AS id, {kept} FROM ordered LIMIT 0"
        )
        con.execute(f"INSERT INTO contracts SELECT rowid + 1 + {done} AS id, {kept} FROM ordered")
        if numbered:
            con.execute(f"INSERT INTO {numbered} SELECT rowid + {done} AS contract, seq FROM ordered")
        [(rows,)] = con.execute("SELECT count(*) FROM ordered").fetchall()
        done += rows
        con.execute("DROP TABLE ordered")


def _periods(con: duckdb.DuckDBPyConnection, awards: str) -> Iterator[str]:
    """Conditions that cut the rows by award date into parts to sort, newest first, undated last."""
    days = con.execute(
        f"SELECT award_date, count(*) FROM {awards} GROUP BY award_date ORDER BY award_date DESC NULLS LAST"
    ).fetchall()
    dated = [(day, rows) for day, rows in days if day is not None]
    rows_before = 0
    parts: dict[int, list[date]] = {}
    for day, rows in dated:
        parts.setdefault(rows_before // SORTED_AT_ONCE, []).append(day)
        rows_before += rows
    for part in parts.values():
        yield f"a.award_date BETWEEN DATE '{part[-1]}' AND DATE '{part[0]}'"
    if len(dated) < len(days):
        yield "a.award_date IS NULL"


def _ordered(awards: str, condition: str, beside: str) -> str:
    """The rows that meet ``condition`` as they are stored, but for the id, and what goes ``beside``."""
    columns = [f"a.{field.name}" for field in STORED]
    codes = [f"{column}_label.code::INTEGER AS {code}" for column, code in CODES.items()]
    derived = [*codes, f"{value_bin('a.contract_amount')} AS value_bin"]
    # LEFT, although every name has its label, because it keeps the small side the one that is hashed.
    joins = " ".join(
        f"LEFT JOIN labels {column}_label ON {column}_label.field = '{column}'"
        f" AND {column}_label.label IS NOT DISTINCT FROM a.{column}"
        for column in CODES
    )
    # The hash makes the order of equals a property of the rows, not of threads.
    return f"""SELECT {", ".join([*columns, *derived])}{beside} FROM {awards} a {joins}
        WHERE {condition}
        ORDER BY a.award_date DESC NULLS LAST, a.contract_amount DESC, a.reference_id, a.award_number,
            hash({", ".join(columns)})"""
