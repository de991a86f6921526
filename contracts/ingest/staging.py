"""The staging tables: raw rows of all files in one table under field names, beside the database being built.

Owns the schema ``staging``; what the text means is decided by ``days`` and ``fates``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from contracts.ingest.batches import FORMULA, RawBatch
from contracts.ingest.generations import Generation

STAGED = (
    "organization_name",
    "reference_id",
    "award_number",
    "contract_number",
    "award_date",
    "publish_date",
    "closing_date",
    "award_title",
    "notice_title",
    "awardee_name",
    "area_of_delivery",
    "business_category",
    "classification",
    "procurement_mode",
    "funding_source",
    "award_status",
    "approved_budget",
    "contract_amount",
)
"""The fields that raw files give; the others come about here."""

_SHEET_BITS, _ROW_BITS = 10, 32
"""``seq`` = file, sheet and row in one number: unique, and in the order in which rows are given."""


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """One file of an import. ``read`` is the reader's own count of its rows."""

    number: int
    path: Path
    sha256: str
    size_bytes: int
    generation: Generation
    read: int


def create_staging(con: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Attach ``database`` as ``staging`` and create its tables and the macros."""
    con.execute(f"ATTACH '{str(database).replace(chr(39), chr(39) * 2)}' AS staging")
    texts = ", ".join(f"{field} VARCHAR" for field in STAGED)
    con.execute(
        f"""CREATE TABLE staging.raw (
            seq BIGINT, file INTEGER, row BIGINT, label VARCHAR, digest UHUGEINT, ragged BOOLEAN,
            unvalued VARCHAR, {texts})"""
    )
    con.execute("CREATE TABLE staging.files (file INTEGER, name VARCHAR, source VARCHAR)")
    con.execute("CREATE TABLE staging.days (file INTEGER, field VARCHAR, text VARCHAR, day DATE)")
    create_macros(con)


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """``clean_text(raw)``: tidy text or null; ``read_money(text)``: DECIMAL(18,2) or null, of clean text."""
    for macro in _MACROS:
        con.execute(macro)


_MACROS = (
    r"""CREATE TEMP MACRO tidy_text(raw) AS
    trim(regexp_replace(
        nfc_normalize(regexp_replace(raw, '[\x{0}-\x{8}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}]', '', 'g')),
        '[\s\v\p{Z}\x{85}]+', ' ', 'g'))""",
    """CREATE TEMP MACRO drop_null_word(text) AS
    CASE WHEN length(text) > 4 OR lower(text) NOT IN ('', 'null', 'nan', 'none') THEN text END""",
    r"""CREATE TEMP MACRO clean_text(raw) AS
    CASE WHEN regexp_matches(raw, '[^!-~ ]|  |^ | $') THEN drop_null_word(tidy_text(raw))
        ELSE drop_null_word(raw) END""",
    r"""CREATE TEMP MACRO read_money(text) AS
    TRY_CAST(replace(regexp_extract(upper(text),
        '^(?:₱|PHP)? ?([+-]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+))$', 1), ',', '')
        AS DECIMAL(18,2))""",
)
"""Most texts are clean already, which one look tells; only the others pay for being tidied."""


def stage_batch(con: duckdb.DuckDBPyConnection, batch: RawBatch, *, file: int) -> None:
    """Append the rows of ``batch`` to the staging table.

    DuckDB finds ``rows`` and ``ragged`` by their names; registered objects would be held until the
    transaction ends.
    """
    base = (file << _SHEET_BITS | batch.sheet) << _ROW_BITS
    places = batch.header.positions
    kept = {field: batch.columns[places[field]] for field in STAGED if field in places}
    rows = pa.table({"row": batch.numbers, "joined": batch.joined, **kept})  # noqa: F841
    con.execute(
        f"""INSERT INTO staging.raw (seq, file, row, label, ragged, digest, unvalued, {", ".join(kept)})
        SELECT $base + row, $file, row, $label, false, md5_number(joined),
            {_find_unvalued(kept) if batch.has_formulas else "NULL"}, {", ".join(kept)} FROM rows""",
        {"base": base, "file": file, "label": batch.label},
    )
    if batch.ragged:
        ragged = pa.table({"row": pa.array(batch.ragged, pa.int64())})  # noqa: F841
        con.execute(
            """INSERT INTO staging.raw (seq, file, row, label, ragged)
            SELECT $base + row, $file, row, $label, true FROM ragged""",
            {"base": base, "file": file, "label": batch.label},
        )


def _find_unvalued(fields: Iterable[str]) -> str:
    """SQL: the first field that is a formula without a stored value."""
    cases = " ".join(f"WHEN starts_with({field}, '{FORMULA.decode()}') THEN '{field}'" for field in fields)
    return f"CASE {cases} END"


def stage_file(con: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    """Note what a file is, once its rows are staged."""
    con.execute(
        "INSERT INTO staging.files VALUES (?, ?, ?)", [file.number, file.path.name, file.generation.source]
    )
