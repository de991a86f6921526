"""What becomes of each raw row: award, line item of one, or one of the reasons not to be counted. SQL only.

Rules and their order: docs/explanation/data.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import duckdb

from contracts.fields import FIELDS, FieldType
from contracts.ingest.days import DATE_FIELDS
from contracts.ingest.staging import STAGED, RawFile
from contracts.sql import FLOOD_CONTROL

IMPORTED, COLLAPSED, UNAWARDED = "imported", "collapsed", "unawarded"
DUPLICATE, REJECTED = "duplicate", "rejected"

FIRST_YEAR = 2000
"""No PhilGEPS notice is older: the system opened in 2000."""

_KEY = ("reference_id", "award_number", "awardee_name")
_MONEY = tuple(field.name for field in FIELDS if field.type is FieldType.MONEY)
_CANDIDATE = "candidate"


def decide_fates(con: duckdb.DuckDBPyConnection, files: Collection[RawFile], *, as_of: date) -> None:
    """Fill ``staging.fates`` (one row per raw row) and ``staging.awards`` (what the snapshot will hold)."""
    _find_repeats(con)
    _judge_rows(con, files, as_of=as_of)
    _group_line_items(con)
    _settle_fates(con)
    _build_awards(con)


def _find_repeats(con: duckdb.DuckDBPyConnection) -> None:
    """Rows whose cells were all there before in the same file."""
    con.execute(
        """CREATE TABLE staging.repeats AS
        WITH repeated AS (
            SELECT file, digest, min(seq) AS first FROM staging.raw WHERE NOT ragged
            GROUP BY ALL HAVING count(*) > 1
        )
        SELECT raw.seq FROM staging.raw JOIN repeated USING (file, digest) WHERE raw.seq > repeated.first"""
    )


def _judge_rows(con: duckdb.DuckDBPyConnection, files: Collection[RawFile], *, as_of: date) -> None:
    """Everything that a row says about itself: cleaned key, days, money, and its first fault."""
    written = (*DATE_FIELDS, *_MONEY)
    texts = ", ".join(
        [f"clean_text({field}) AS {field}" for field in _KEY]
        + [f"date_text({field}) AS {field}_text" for field in DATE_FIELDS]
        + [f"clean_text({field}) AS {field}_text" for field in _MONEY]
    )
    days = ", ".join(f"{field}_days.day AS {field}" for field in DATE_FIELDS)
    money = ", ".join(f"read_money({field}_text) AS {field}" for field in _MONEY)
    joins = " ".join(
        f"""LEFT JOIN staging.days {field}_days ON {field}_days.field = '{field}'
            AND {field}_days.file = cleaned.file AND {field}_days.text = cleaned.{field}_text"""
        for field in DATE_FIELDS
    )
    checks = " ".join(
        f"WHEN {failed} THEN {{'column': '{column}', 'reason': '{reason}'}}"
        for column, failed, reason in _list_checks(files, last_year=as_of.year + 1)
    )
    con.execute(
        f"""CREATE TABLE staging.judged AS
        WITH cleaned AS (
            SELECT seq, file, ragged, unvalued, {texts} FROM staging.raw
        ), valued AS (
            SELECT cleaned.*, repeats.seq IS NOT NULL AS repeated, {days}, {money}
            FROM cleaned LEFT JOIN staging.repeats ON repeats.seq = cleaned.seq {joins}
        ), faulted AS (
            SELECT *, CASE
                WHEN unvalued IS NOT NULL THEN {{'column': unvalued, 'reason': 'formula_without_value'}}
                {checks} END AS fault
            FROM valued
        )
        SELECT seq, file, {", ".join((*_KEY, *written))},
            CASE WHEN ragged THEN '{REJECTED}'
                WHEN repeated THEN '{DUPLICATE}'
                WHEN award_number IS NULL AND awardee_name IS NULL AND contract_amount_text IS NULL
                    AND file NOT IN ({_list_files(files, FLOOD_CONTROL)}) THEN '{UNAWARDED}'
                WHEN fault IS NOT NULL THEN '{REJECTED}'
                ELSE '{_CANDIDATE}' END AS fate,
            CASE WHEN ragged THEN {{'column': '', 'reason': 'ragged_row'}} ELSE fault END AS fault
        FROM faulted"""
    )


def _list_checks(files: Collection[RawFile], *, last_year: int) -> Iterator[tuple[str, str, str]]:
    """(column, condition of failure, reason), in the order in which the faults of a row are looked for."""
    for column in (field.name for field in FIELDS):
        demanding = [file.number for file in files if column in file.generation.required]
        given = f"{column}_text" if column in _MONEY else column
        if demanding:
            yield column, f"{given} IS NULL AND file IN ({_join(demanding)})", "missing_value"
        if column in DATE_FIELDS:
            yield column, f"{column}_text IS NOT NULL AND {column} IS NULL", "invalid_date"
            yield column, f"year({column}) NOT BETWEEN {FIRST_YEAR} AND {last_year}", "impossible_year"
        if column in _MONEY:
            yield column, f"{column}_text IS NOT NULL AND {column} IS NULL", "invalid_amount"
        if column == "approved_budget":
            yield column, f"{column} < 0", "invalid_amount"
        if column == "contract_amount":
            yield column, f"{column} <= 0", "amount_not_positive"


def _list_files(files: Collection[RawFile], source: str) -> str:
    return _join([file.number for file in files if file.generation.source == source])


def _join(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "-1"


def _group_line_items(con: duckdb.DuckDBPyConnection) -> None:
    """One row per award key and amount. What came first is the award's amount; the others contradict it."""
    con.execute(
        f"""CREATE TABLE staging.groups AS
        WITH groups AS (
            SELECT {", ".join(_KEY)}, contract_amount, min(seq) AS first, count(*) AS line_items
            FROM staging.judged JOIN staging.files USING (file)
            WHERE fate = '{_CANDIDATE}' AND source <> '{FLOOD_CONTROL}' GROUP BY ALL
        )
        SELECT *, first = min(first) OVER (PARTITION BY {", ".join(_KEY)}) AS holds FROM groups"""
    )


def _settle_fates(con: duckdb.DuckDBPyConnection) -> None:
    """The one fate of every row; candidates without a group are flood-control rows, each its own award."""
    key = " AND ".join(f"groups.{field} = judged.{field}" for field in (*_KEY, "contract_amount"))
    conflict = "{'column': 'contract_amount', 'reason': 'conflicting_amount'}"
    con.execute(
        f"""CREATE TABLE staging.fates AS
        SELECT judged.seq, judged.file, coalesce(groups.line_items, 1) AS line_items,
            CASE WHEN fate <> '{_CANDIDATE}' THEN fate
                WHEN groups.first IS NULL THEN '{IMPORTED}'
                WHEN NOT groups.holds THEN '{REJECTED}'
                WHEN groups.first = judged.seq THEN '{IMPORTED}'
                ELSE '{COLLAPSED}' END AS fate,
            CASE WHEN fate = '{_CANDIDATE}' THEN {conflict} ELSE fault END AS fault
        FROM staging.judged LEFT JOIN staging.groups
            ON judged.fate = '{_CANDIDATE}' AND {key}
            AND judged.file IN (SELECT file FROM staging.files WHERE source <> '{FLOOD_CONTROL}')"""
    )


def _build_awards(con: duckdb.DuckDBPyConnection) -> None:
    """The imported rows in the columns and types of FIELDS, without ``id``."""
    settled = (*DATE_FIELDS, *_MONEY)
    origins = {
        **{field: f"clean_text(raw.{field})" for field in STAGED},
        **{field: f"judged.{field}" for field in settled},
        "line_items": "fates.line_items",
        "source": "files.source",
        "source_file": "files.name",
    }
    columns = ", ".join(f"{origins[field.name]} AS {field.name}" for field in FIELDS if field.name != "id")
    con.execute(
        f"""CREATE TABLE staging.awards AS
        SELECT {columns}
        FROM staging.raw JOIN staging.fates USING (seq) JOIN staging.judged USING (seq)
            JOIN staging.files ON files.file = raw.file
        WHERE fates.fate = '{IMPORTED}'"""
    )
