"""The physical layout of a snapshot's database: what is stored beside the columns, and in which order.

Knows no query; the folded form of text is defined in ``contracts.sql``.
"""

from __future__ import annotations

import duckdb

from contracts.fields import FIELDS
from contracts.sql import CODES, FLOOD_CONTROL, fold_field, value_bin

STORED = tuple(field for field in FIELDS if field.name != "id")


def build(con: duckdb.DuckDBPyConnection, awards: str) -> None:
    """Create ``contracts`` and ``labels`` from the relation ``awards`` of the same connection.

    ``awards`` holds every column of FIELDS but ``id``, in the types of ``FieldType.sql_type``. Its text is
    cleaned: trimmed, runs of whitespace are one space, no control characters, NFC. ``contract_amount`` is
    positive, ``source`` one of the two known values; neither is null.
    """
    _build_labels(con, awards)
    _build_contracts(con, awards)


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


def _build_contracts(con: duckdb.DuckDBPyConnection, awards: str) -> None:
    """The rows, physically in the order of the default sort and numbered by it.

    In two steps, because ``row_number()`` would run the sort, the folding and the compression in one thread.
    LEFT JOIN, although every name has its label, because it keeps the small side the one that is hashed.
    """
    columns = [f"a.{field.name}" for field in STORED]
    codes = [f"{column}_label.code::INTEGER AS {code}" for column, code in CODES.items()]
    derived = [*codes, f"{value_bin('a.contract_amount')} AS value_bin", f"{_search_text()} AS search_text"]
    joins = " ".join(
        f"LEFT JOIN labels {column}_label ON {column}_label.field = '{column}'"
        f" AND {column}_label.label IS NOT DISTINCT FROM a.{column}"
        for column in CODES
    )
    con.execute(
        f"""CREATE TEMP TABLE ordered AS
        SELECT {", ".join([*columns, *derived])} FROM {awards} a {joins}
        ORDER BY a.award_date DESC NULLS LAST, a.contract_amount DESC, a.reference_id, a.award_number,
            hash({", ".join(columns)})"""
    )
    con.execute("CREATE TABLE contracts AS SELECT rowid + 1 AS id, * FROM ordered")
    con.execute("DROP TABLE ordered")


def _search_text() -> str:
    """Titles and names folded, one per line; a notice title that repeats the award title is left out."""
    notice = (
        f"CASE WHEN a.notice_title IS DISTINCT FROM a.award_title THEN {fold_field('a.notice_title')} END"
    )
    names = "awardee_name_label.folded, organization_name_label.folded"
    return f"concat_ws(chr(10), {fold_field('a.award_title')}, {notice}, {names})"
