"""The staging tables (schema ``staging``): raw rows of all files in one table under field names, beside the
database being built. What their text means is decided by ``days`` and ``fates``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from contracts.ingest.cells.nulls import NULL_WORDS
from contracts.ingest.sources import Generation
from contracts.ingest.tables.batches import DATE_CELL, FORMULA, Decoding, RawBatch
from contracts.snapshot.versions import Note

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
    "funding_year",
    "start_date",
    "completion_date",
    "project_id",
    "latitude",
    "longitude",
)
"""The fields that raw files give; the others come about here."""

# ``seq`` = file, sheet and row in one number: unique, and in the order in which rows are given.
_SHEET_BITS, _ROW_BITS = 10, 32
TABLE_OF, ROW_OF = f"(seq >> {_ROW_BITS})", f"(seq & {(1 << _ROW_BITS) - 1})"
"""SQL: what tells the tables of all files apart, in their order; the number of a row in its table."""
NUMBERED = "staging.numbered"
"""The number, from 0, that each award has in the snapshot (``contracts.ingest.layout``)."""


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """One file of an import. ``read`` is the reader's own count of its rows."""

    number: int
    path: Path
    sha256: str
    size_bytes: int
    generation: Generation
    read: int
    notes: tuple[Note, ...] = ()
    decoding: Decoding | None = None


def create_staging(con: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Attach ``database`` as ``staging`` and create its tables and the macros."""
    con.execute("ATTACH $1 AS staging", [str(database)])
    texts = ", ".join(f"{field} VARCHAR" for field in STAGED)
    con.execute(
        f"""CREATE TABLE staging.raw (
            seq BIGINT, file INTEGER, row BIGINT, label VARCHAR, digest UBIGINT, ragged BOOLEAN,
            unvalued VARCHAR, {texts})"""
    )
    con.execute("CREATE TABLE staging.formulas (seq BIGINT, field VARCHAR, formula VARCHAR)")
    con.execute("CREATE TABLE staging.files (file INTEGER, name VARCHAR, source VARCHAR)")
    con.execute("CREATE TABLE staging.days (file INTEGER, field VARCHAR, raw VARCHAR, day DATE)")
    con.execute(f"CREATE TABLE {NUMBERED} (contract UINTEGER, seq BIGINT)")
    create_macros(con)


def create_macros(con: duckdb.DuckDBPyConnection) -> None:
    """``clean_text(raw)``: tidy text or null; ``date_text(raw)``: the same, with the mark of a date cell.

    Of clean text: ``read_money(text)`` is DECIMAL(18,2) or null, ``read_number(text)`` the number of a notice
    or null; ``number_key(number)`` and ``fold_name(name)`` are equal for spellings of the same.
    """
    con.create_function("resolve_entities", resolve_entities, ["VARCHAR"], "VARCHAR")
    for macro in _MACROS:
        con.execute(macro)


def clean_texts(fields: Iterable[str]) -> str:
    """The expression of the list of these fields' clean texts."""
    # One lambda, because a macro is planned and its patterns are compiled wherever it stands: that took a
    # third of the time of a small import.
    return f"list_transform([{', '.join(fields)}], lambda raw: clean_text(raw))"


_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]+\d*);", re.IGNORECASE)
# What a text must match to be worth a call of Python, which costs more than all the SQL around it.
_ENTITY_LOOK = "&[#0-9A-Za-z]+;"


def resolve_entities(text: str) -> str:
    """HTML entities -> characters, also where a system has put them into capitals (``&AMP;``, ``&NTILDE;``)
    or has escaped them twice (``&amp;amp;``)."""
    # Twice is what systems do; a bound, because texts come from outside.
    for _ in range(3):
        resolved = _ENTITY.sub(_resolve_entity, text)
        if resolved == text:
            break
        text = resolved
    return text


def _resolve_entity(match: re.Match[str]) -> str:
    found = match[0]
    exact = html.unescape(found)
    if exact != found:
        return exact
    lowered = html.unescape(found.lower())
    return found if lowered == found.lower() else lowered.upper()


# A pattern, because DuckDB makes a join of an IN of five words or more, for all rows, whatever a CASE says of
# them.
_NULL_PATTERN = f"(?i)^(?:{'|'.join(map(re.escape, NULL_WORDS))})$"

_INVISIBLE = (
    r"[\x{0}-\x{8}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}"
    r"\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}]"
)
"""Control characters, marks of writing direction, blanks of no width."""

# ₱ comes as ? or U+FFFD out of a code page that lacks it: public copies have ?96,500,000.00.
_PESO = r"(?:₱|\x{fffd}|\?|PHP\.?|P)"

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]+)"


# Most texts are clean already, which one look tells; only the others pay for being tidied. A text that begins
# with a digit, or is longer than all words for nothing, is none of them, which spares most the second look.
_MACROS = (
    rf"""CREATE TEMP MACRO tidy_text(raw) AS
    trim(regexp_replace(
        nfc_normalize(regexp_replace(
            CASE WHEN regexp_matches(raw, '{_ENTITY_LOOK}') THEN resolve_entities(raw) ELSE raw END,
            '{_INVISIBLE}', '', 'g')),
        '[\s\v\p{{Z}}\x{{85}}]+', ' ', 'g'))""",
    rf"""CREATE TEMP MACRO clean_text(raw) AS
    CASE WHEN regexp_matches(raw, '[^!-~ ]|  |^ | $|{_ENTITY_LOOK}')
            THEN nullif(regexp_replace(tidy_text(raw), '{_NULL_PATTERN}', ''), '')
        WHEN length(raw) > {max(map(len, NULL_WORDS))} OR raw BETWEEN '0' AND '9~' THEN raw
        WHEN NOT regexp_matches(raw, '{_NULL_PATTERN}') THEN raw END""",
    r"""CREATE TEMP MACRO read_number(text) AS
    CASE WHEN starts_with(text, '0') AND ltrim(text, '0') IN ('', '.0', '.00') THEN NULL
        WHEN contains(text, ',') AND regexp_matches(text, '^[0-9]{1,3}(?:,[0-9]{3})+(?:\.0+)?$')
            THEN regexp_replace(replace(text, ',', ''), '\.0+$', '')
        WHEN contains(text, '.') THEN regexp_replace(text, '^([0-9]+)\.0+$', '\1') ELSE text END""",
    r"""CREATE TEMP MACRO number_key(number) AS
    CASE WHEN starts_with(number, '0') THEN regexp_replace(number, '^0+([0-9]+)$', '\1') ELSE number END""",
    r"""CREATE TEMP MACRO fold_name(name) AS
    CASE WHEN name IS NOT NULL
        THEN hash(regexp_replace(lower(strip_accents(name)), '[^\p{L}\p{N}]', '', 'g')) END""",
    f"""CREATE TEMP MACRO date_text(raw) AS
    CASE WHEN starts_with(raw, '{DATE_CELL}') THEN raw ELSE clean_text(raw) END""",
    rf"""CREATE TEMP MACRO read_money(text) AS
    TRY_CAST(CASE WHEN regexp_matches(text, '^[0-9]+(?:\.[0-9]+)?$') THEN text
        ELSE replace(replace(regexp_extract(upper(text),
            '^{_PESO}? ?([+-]?(?:{_NUMBER}(?:\.[0-9]*)?|\.[0-9]+)(?:E[+-]?[0-9]{{1,3}})?) ?(?:PHP|PESOS?)?$',
            1), ',', ''), ' ', '') END AS DECIMAL(18,2))""",
)


def stage_batch(con: duckdb.DuckDBPyConnection, batch: RawBatch, *, file: int) -> None:
    """Append the rows of ``batch`` to the staging table, with a digest that is equal where all cells are, but
    for the space around them."""
    base = (file << _SHEET_BITS | batch.sheet) << _ROW_BITS
    kept = batch.gather_fields(STAGED)
    cells = {f"cell_{place}": column for place, column in enumerate(batch.trimmed)}
    # DuckDB finds it by its name: a registered object would be held until the transaction ends, which is that
    # of the whole file.
    rows = pa.table({"row": batch.numbers, **cells, **kept})  # noqa: F841
    unvalued, texts = _split_formulas(kept) if batch.has_formulas else ("NULL", ", ".join(kept))
    # 64 bits: two of a million rows that differ have one digest once in 40 million files. 128 bits of the
    # cells in one text took twice as long.
    digest = f"hash({', '.join(cells)})"
    place = {"base": base, "file": file, "label": batch.label}
    con.execute(
        f"""INSERT INTO staging.raw (seq, file, row, label, ragged, digest, unvalued, {", ".join(kept)})
        SELECT $base + row, $file, row, $label, false, {digest}, {unvalued}, {texts} FROM rows""",
        place,
    )
    if batch.has_formulas:
        found = " UNION ALL ".join(
            f"SELECT $base + row, '{field}', {field}[2:] FROM rows WHERE {_is_formula(field)}"
            for field in kept
        )
        con.execute(f"INSERT INTO staging.formulas {found}", {"base": base})
    if batch.merged:
        _carry_down(con, batch, base=base)
    if batch.ragged:
        # Without their text, which may name the persons whom the dataset leaves out.
        ragged = pa.table({"row": pa.array(batch.ragged, pa.int64())})  # noqa: F841
        con.execute(
            """INSERT INTO staging.raw (seq, file, row, label, ragged)
            SELECT $base + row, $file, row, $label, true FROM ragged""",
            place,
        )


def _split_formulas(fields: Iterable[str]) -> tuple[str, str]:
    """SQL: ``unvalued``, the fields of a row that are formulas without a result, each between two commas, or
    null where none is; the texts of ``fields`` without these, which are no values."""
    names = ", ".join(f"CASE WHEN {_is_formula(field)} THEN '{field}' END" for field in fields)
    texts = ", ".join(f"CASE WHEN NOT {_is_formula(field)} THEN {field} END" for field in fields)
    return f"nullif(',' || concat_ws(',', {names}) || ',', ',,')", texts


def _is_formula(field: str) -> str:
    return f"starts_with({field}, '{FORMULA.decode()}')"


def _carry_down(con: duckdb.DuckDBPyConnection, batch: RawBatch, *, base: int) -> None:
    """Fill the merged cells of a sheet."""
    # Into the digest as well: items of two awards may be alike in their own cells, and would be duplicates.
    for field in STAGED:
        if field in batch.merged:
            merged = batch.merged[field]  # noqa: F841
            con.execute(
                f"""UPDATE staging.raw SET {field} = top.{field},
                    digest = hash(raw.digest, '{field}', top.{field})
                FROM merged JOIN staging.raw top ON top.seq = $base + merged.top
                WHERE raw.seq = $base + merged.row AND coalesce(trim(raw.{field}), '') = ''""",
                {"base": base},
            )


def stage_file(con: duckdb.DuckDBPyConnection, file: RawFile) -> None:
    """Note what a file is, once its rows are staged."""
    con.execute(
        "INSERT INTO staging.files VALUES (?, ?, ?)", [file.number, file.path.name, file.generation.source]
    )
