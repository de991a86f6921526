"""What becomes of each raw row: award, line item of one, or one of the reasons not to be counted.

A row is rejected only for what makes a contract a contract: its amount, and something that tells what or
whose it is. Any other cell that is bad is repaired: it becomes a missing value and is named. Rules and their
order: docs/explanation/data.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

import duckdb

from contracts.fields import FIELDS, FLOOD_CONTROL, FieldType
from contracts.ingest.rows.days import DATE_FIELDS
from contracts.ingest.rows.staging import STAGED, RawFile, clean_texts
from contracts.reasons import Reason

IMPORTED, COLLAPSED, UNAWARDED = "imported", "collapsed", "unawarded"
DUPLICATE, REJECTED = "duplicate", "rejected"

# No PhilGEPS notice is older: the system opened in 2000. 1920, as files have it, is 20 read for a year.
FIRST_YEAR = 2000

_NUMBERS = ("reference_id", "award_number")
_TELLING = ("contract_number", "project_id", "award_title", "notice_title", "organization_name")
"""A row in which these, its numbers and its awardee are missing says neither what was bought nor who bought
it."""
_AWARDING = ("award_number", "awardee_name", "contract_amount")
"""Where all of these are missing, nobody got the contract."""
_MONEY = tuple(field.name for field in FIELDS if field.type is FieldType.MONEY)
# The texts, beside dates, that say of every row what it is. Others are cleaned where they decide, because
# titles were cleaned for every row once, to reject a few: those of _TELLING.
_CLEANED = (*_NUMBERS, "awardee_name", *_MONEY, "funding_year")
_CANDIDATE = "candidate"


def decide_fates(con: duckdb.DuckDBPyConnection, files: Collection[RawFile], *, as_of: date) -> None:
    """Fill ``staging.fates`` (one row per raw row) and ``staging.awards`` (what the snapshot will hold)."""
    _mark_repeats(con)
    _judge_rows(con, files, as_of=as_of)
    _group_line_items(con)
    _settle_fates(con)
    _build_awards(con)


def _mark_repeats(con: duckdb.DuckDBPyConnection) -> None:
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
    """Everything that a row says about itself: whose it is, days, money, its fault or what is repaired."""
    # Days may lie ahead, as those of closing and completion do; but published files go up to 2034.
    last_year = as_of.year + 1
    texts = ", ".join(f"texts[{place}] AS {field}_text" for place, field in enumerate(_CLEANED, start=1))
    joins, days = _join_days(files)
    money = ", ".join(f"read_money({field}_text) AS {field}_read" for field in _MONEY)
    numbers = ", ".join(f"read_number({field}_text) AS {field}_read" for field in _NUMBERS)
    repairs = list(_list_repairs(files, last_year=last_year))
    # Identity and repairs of candidates only: a third of the rows of PhilGEPS were never awarded.
    con.execute(
        f"""CREATE TABLE staging.judged AS
        WITH cleaned AS (
            SELECT seq, file, ragged, unvalued, digest, {", ".join((*_TELLING, *DATE_FIELDS))},
                {clean_texts(_CLEANED)} AS texts
            FROM staging.raw
        ), named AS (
            SELECT *, {texts} FROM cleaned
        ), valued AS (
            SELECT named.*, repeats.seq IS NOT NULL AS repeated, {days}, {money}, {numbers}
            FROM named LEFT JOIN staging.repeats ON repeats.seq = named.seq {joins}
        ), tellable AS (
            SELECT *, CASE WHEN {_is_flood(files)} OR reference_id_read IS NULL OR award_number_read IS NULL
                THEN {clean_texts(_TELLING)} END AS told
            FROM valued
        ), faulted AS (
            SELECT *, {_choose_fault()} AS fault FROM tellable
        ), fated AS (
            SELECT *, CASE WHEN ragged THEN '{REJECTED}'
                WHEN repeated THEN '{DUPLICATE}'
                WHEN award_number_read IS NULL AND awardee_name_text IS NULL AND contract_amount_text IS NULL
                    AND NOT {_is_formula(*_AWARDING)} AND NOT {_is_flood(files)} THEN '{UNAWARDED}'
                WHEN fault IS NOT NULL THEN '{REJECTED}'
                ELSE '{_CANDIDATE}' END AS fate
            FROM faulted
        )
        SELECT seq, file, {", ".join(_settle_values(last_year))}, fate,
            CASE WHEN ragged THEN {_make_fault("", "ragged_row")} ELSE fault END AS fault,
            CASE WHEN fate = '{_CANDIDATE}' THEN {_collect(repairs)} END AS repairs,
            CASE WHEN fate = '{_CANDIDATE}' THEN fold_name(awardee_name_text) END AS awardee_key,
            CASE WHEN fate = '{_CANDIDATE}' THEN {_identify(files)} END AS identity
        FROM fated"""
    )


def _is_formula(*fields: str) -> str:
    """The expression of whether one of these cells is a formula without a result."""
    found = " OR ".join(f"contains(unvalued, ',{field},')" for field in fields)
    return f"(unvalued IS NOT NULL AND ({found}))"


def _join_days(files: Collection[RawFile]) -> tuple[str, str]:
    """The joins with ``staging.days`` for the dates that the files have; texts and days of all dates."""
    # Every row pays for a join, also for one with the days of a column that no file has.
    given = {field for file in files for field in file.generation.columns.values()}
    joins, days = [], []
    for field in DATE_FIELDS:
        if field in given:
            joins.append(
                f"""LEFT JOIN staging.days {field}_days ON {field}_days.field = '{field}'
                AND {field}_days.file = named.file AND {field}_days.raw = named.{field}"""
            )
        text, day = (f"{field}_days.raw", f"{field}_days.day") if field in given else ("NULL", "NULL::DATE")
        days.append(f"{text} AS {field}_text, {day} AS {field}_read")
    return " ".join(joins), ", ".join(days)


def _identify(files: Collection[RawFile]) -> str:
    """The expression that is equal for the rows of one award.

    Numbers alone decide where a row has both. Without a reference ID the organization stands for it; without
    an award number, rows must be alike in all that tells of an award. In the second source project and
    contract number decide; null without a project, where every row is an award of its own.
    """
    # Names do not decide, because they are spelled differently from file to file: six spellings of one
    # contractor are known. The system does, because that of S6 began its numbers anew: its award 1365 is not
    # that of 2001.
    systems = sorted({file.generation.system for file in files})
    whens = " ".join(
        f"WHEN {_is_any(files, [f for f in files if f.generation.system == system])} THEN '{system}'"
        for system in systems
    )
    system = f"CASE {whens} END"
    reference, award = (f"number_key({field}_read)" for field in _NUMBERS)
    read = [f"{field}_read::VARCHAR" for field in ("reference_id", *DATE_FIELDS, *_MONEY)]
    told = [f"lower({_told(field)})" for field in _TELLING]
    buyer = f"fold_name({_told('organization_name')})"
    alike = ", ".join(f"coalesce({value}, '')" for value in ("lower(awardee_name_text)", *told, *read))
    # What a formula would say is not known: rows with one are alike only where all their cells are.
    formulas = "CASE WHEN unvalued IS NOT NULL THEN digest END"
    project = _told("project_id")
    contract = f"concat_ws(chr(31), {system}, {project}, coalesce({_told('contract_number')}, ''))"
    # Joined by U+001F, which no clean text holds, lest 1 and 23 be 12 and 3. A number of 128 bits, because
    # millions of rows are grouped by it, and the texts would not fit into memory.
    return f"""CASE WHEN {_is_flood(files)}
            THEN CASE WHEN {project} IS NOT NULL THEN md5_number({contract}) END
        WHEN reference_id_read IS NOT NULL AND award_number_read IS NOT NULL
            THEN md5_number(concat_ws(chr(31), {system}, {reference}, {award}))
        WHEN award_number_read IS NOT NULL
            THEN md5_number(concat_ws(chr(31), {system}, '', {award}, {buyer}))
        ELSE md5_number(concat_ws(chr(31), {system}, {alike}, {formulas})) END"""


def _told(field: str) -> str:
    """The expression of one of the texts of ``_TELLING``, where they are cleaned."""
    return f"told[{_TELLING.index(field) + 1}]"


def _choose_fault() -> str:
    """The expression of what rejects a row, or null."""
    names = ("reference_id_read", "award_number_read", "awardee_name_text")
    named = " OR ".join(f"{name} IS NOT NULL" for name in names)
    nothing_told = (
        f"CASE WHEN {named} THEN false ELSE coalesce({', '.join(map(_told, _TELLING))}) IS NULL END"
    )
    checks: tuple[tuple[str, str, Reason], ...] = (
        ("contract_amount", _is_formula("contract_amount"), "formula_without_value"),
        ("contract_amount", "contract_amount_text IS NULL", "missing_value"),
        ("contract_amount", "contract_amount_read IS NULL", "invalid_amount"),
        ("contract_amount", "contract_amount_read <= 0", "amount_not_positive"),
        ("", nothing_told, "nothing_told"),
    )
    whens = " ".join(f"WHEN {failed} THEN {_make_fault(column, reason)}" for column, failed, reason in checks)
    return f"CASE {whens} END"


def _list_repairs(files: Collection[RawFile], *, last_year: int) -> Iterator[tuple[str, str, Reason]]:
    """(column, condition, reason) of each cell that becomes a missing value, in the order of the columns."""
    for column in (
        field.name for field in FIELDS if field.name in STAGED and field.name != "contract_amount"
    ):
        yield column, _is_formula(column), "formula_without_value"
        # 0 is nobody's number, and stands as the reference ID of 113,067 published rows.
        if column in _NUMBERS:
            yield column, f"{column}_text IS NOT NULL AND {column}_read IS NULL", "zero_number"
        if demanding := [file for file in files if column in file.generation.expected]:
            missing = f"{column}_text IS NULL" if column in _CLEANED else f"{_told(column)} IS NULL"
            here = f"{_is_any(files, demanding)} AND NOT {_is_formula(column)}"
            yield column, f"CASE WHEN {here} THEN {missing} ELSE false END", "missing_value"
        if column in DATE_FIELDS:
            yield column, f"{column}_text IS NOT NULL AND {column}_read IS NULL", "invalid_date"
            yield column, f"year({column}_read) NOT BETWEEN {FIRST_YEAR} AND {last_year}", "impossible_year"
        if column == "funding_year":
            wrong = f"{column}_text IS NOT NULL AND {_settle_year(last_year)} IS NULL"
            yield column, wrong, "impossible_year"
        # 0 is no fault here: 10,040 published rows have it.
        if column == "approved_budget":
            wrong = f"{column}_text IS NOT NULL AND ({column}_read IS NULL OR {column}_read < 0)"
            yield column, wrong, "invalid_amount"


def _collect(repairs: list[tuple[str, str, Reason]]) -> str:
    """The expression of a row's list of repairs; null for the many rows that need none."""
    # Asked first, whether any is needed: to make a list and filter it costs far more than the conditions.
    conditions = [condition for _, condition, reason in repairs if reason != "formula_without_value"]
    needed = " OR ".join(f"({condition})" for condition in ("unvalued IS NOT NULL", *conditions))
    made = ", ".join(
        f"CASE WHEN {condition} THEN {_make_fault(column, reason)} END"
        for column, condition, reason in repairs
    )
    return f"CASE WHEN {needed} THEN list_filter([{made}], lambda repair: repair IS NOT NULL) END"


def _make_fault(column: str, reason: Reason) -> str:
    return f"{{'column': '{column}', 'reason': '{reason}'}}"


def _settle_values(last_year: int) -> Iterator[str]:
    """Days and money as the contract will have them, by name."""
    for field in DATE_FIELDS:
        possible = f"year({field}_read) BETWEEN {FIRST_YEAR} AND {last_year}"
        yield f"CASE WHEN {possible} THEN {field}_read END AS {field}"
    yield "CASE WHEN approved_budget_read >= 0 THEN approved_budget_read END AS approved_budget"
    yield "contract_amount_read AS contract_amount"
    yield f"{_settle_year(last_year)} AS funding_year"


def _settle_year(last_year: int) -> str:
    """The expression of the year of a budget, which is passed before the year begins."""
    year = "TRY_CAST(funding_year_text AS BIGINT)"
    return f"CASE WHEN {year} BETWEEN {FIRST_YEAR} AND {last_year} THEN {year} END"


def _is_flood(files: Collection[RawFile]) -> str:
    return _is_any(files, [file for file in files if file.generation.source == FLOOD_CONTROL])


def _is_any(files: Collection[RawFile], meant: Collection[RawFile]) -> str:
    """The expression of whether a row's file is ``meant``."""
    # By the shorter list, because an IN of five values or more becomes a join over all rows.
    numbers = [file.number for file in meant]
    others = [file.number for file in files if file.number not in numbers]
    if not numbers or not others:
        return "true" if numbers else "false"
    some, negated = (numbers, "") if len(numbers) <= len(others) else (others, "NOT ")
    return f"(file {negated}IN ({', '.join(map(str, some))}))"


def _group_line_items(con: duckdb.DuckDBPyConnection) -> None:
    """``staging.members``: every row that is a part of an award; ``shown`` is the row that stands for it.

    Rows are grouped by identity, awardee and amount. ``holds``: the amount of the group is that of the award.
    """
    # The awardee tells two awards under one number apart. It is compared by its letters and digits, because
    # names are spelled differently; a row that names none belongs to one that is named beside it, at best
    # with the same amount. The first row of an award says its amount, which another contradicts. It stands
    # for the award, unless it needs repairs and another row needs none. Line items are counted in one file:
    # the same award in a second file brings copies of its items, no more items.
    con.execute(
        f"""CREATE TABLE staging.members AS
        WITH candidates AS (
            SELECT seq, file, identity, awardee_key, contract_amount, repairs IS NULL AS unrepaired
            FROM staging.judged WHERE fate = '{_CANDIDATE}' AND identity IS NOT NULL
        ), named AS (
            SELECT identity, contract_amount, min_by(awardee_key, seq) AS named_key, min(seq) AS seq
            FROM candidates WHERE awardee_key IS NOT NULL
                AND identity IN (SELECT identity FROM candidates WHERE awardee_key IS NULL)
            GROUP BY ALL
        ), known AS (
            SELECT identity, min_by(named_key, seq) AS known_key FROM named GROUP BY ALL
        ), resolved AS (
            SELECT candidates.* EXCLUDE awardee_key,
                coalesce(awardee_key, named_key, known_key, 0) AS awardee_key
            FROM candidates LEFT JOIN named USING (identity, contract_amount) LEFT JOIN known USING (identity)
        ), counted AS (
            SELECT identity, awardee_key, contract_amount, file, count(*) AS items,
                min(seq) AS first, min(seq) FILTER (unrepaired) AS first_unrepaired
            FROM resolved GROUP BY ALL
        ), groups AS (
            SELECT identity, awardee_key, contract_amount, max(items) AS line_items,
                min(first) AS first, coalesce(min(first_unrepaired), min(first)) AS shown
            FROM counted GROUP BY ALL
        ), ranked AS (
            SELECT *, first = min(first) OVER (PARTITION BY identity, awardee_key) AS holds FROM groups
        )
        SELECT seq, shown, line_items, holds
        FROM resolved JOIN ranked USING (identity, awardee_key, contract_amount)"""
    )


def _settle_fates(con: duckdb.DuckDBPyConnection) -> None:
    """The one fate of every row; candidates without an identity are each an award of its own."""
    conflict = _make_fault("contract_amount", "conflicting_amount")
    con.execute(
        f"""CREATE TABLE staging.fates AS
        SELECT judged.seq, judged.file, coalesce(members.line_items, 1) AS line_items,
            CASE WHEN fate <> '{_CANDIDATE}' THEN fate
                WHEN members.shown IS NULL THEN '{IMPORTED}'
                WHEN NOT members.holds THEN '{REJECTED}'
                WHEN members.shown = judged.seq THEN '{IMPORTED}'
                ELSE '{COLLAPSED}' END AS fate,
            CASE WHEN fate = '{_CANDIDATE}' THEN {conflict} ELSE fault END AS fault
        FROM staging.judged LEFT JOIN staging.members USING (seq)"""
    )


# Names of columns only: the raw texts stand in repairs.csv.
_NAME_REPAIRED = """array_to_string(list_transform(judged.repairs, lambda repair: repair."column"), ', ')"""


def _build_awards(con: duckdb.DuckDBPyConnection) -> None:
    """The imported rows in the columns and types of FIELDS, without ``id``, and their ``seq``."""
    judged = (*DATE_FIELDS, *_MONEY, "funding_year")
    cleaned = [field for field in STAGED if field not in judged]
    texts = ", ".join(f"texts[{place}] AS {field}" for place, field in enumerate(cleaned, start=1))
    origins = {
        **{field: f"named.{field}" for field in STAGED},
        **{field: f"read_number(named.{field})" for field in _NUMBERS},
        **{field: f"judged.{field}" for field in judged},
        "line_items": "fates.line_items",
        "source": "files.source",
        "source_file": "files.name",
        "repaired_fields": _NAME_REPAIRED,
        # By all awards together, later (rows.implausible).
        "implausible": "NULL::VARCHAR",
    }
    columns = ", ".join(f"{origins[field.name]} AS {field.name}" for field in FIELDS if field.name != "id")
    con.execute(
        f"""CREATE TABLE staging.awards AS
        WITH cleaned AS (
            SELECT seq, {clean_texts(cleaned)} AS texts FROM staging.raw SEMI JOIN (
                FROM staging.fates WHERE fate = '{IMPORTED}'
            ) imported USING (seq)
        ), named AS (
            SELECT seq, {texts} FROM cleaned
        )
        SELECT seq, {columns}
        FROM named JOIN staging.fates USING (seq) JOIN staging.judged USING (seq)
            JOIN staging.files ON files.file = judged.file"""
    )
