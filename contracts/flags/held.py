"""The limits of the law as relations that statements of flags join: which held, of which buyers and modes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from contracts.engine.cursor import Cursor
from contracts.law.buyers import BUYERS, select_buyer
from contracts.law.limits import LIMITS
from contracts.law.lookup import MODE_PHRASES
from contracts.snapshot.expressions import Statement

LIMITED = tuple(mode for modes in MODE_PHRASES.values() for mode in modes)
FOREVER = "DATE '9999-12-31'"


def join_limits(rows: str) -> str:
    """``rows`` (``(SELECT ...)``) with the ``kind`` of their buyer and ``top``, the greatest limit that is
    possible for their mode, kind and day; null where no limit is known."""
    # Joined and not asked for by EXISTS, which took twenty times as long.
    return f"""(SELECT r.*, k.kind, t.amount AS top FROM {rows} r
        JOIN buyer_kinds k ON k.code = r.organization_name_code
        LEFT JOIN limit_tops t ON t.mode = r.procurement_mode_code AND t.kind = k.kind
            AND r.publish_date BETWEEN t.first AND t.last)"""


def known_for_kind() -> str:
    """The condition that some limit is known for a buyer of the kind on the day of the notice."""
    held = {
        (kind, row.start, row.end)
        for row in LIMITS
        if row.mode in LIMITED and row.amount is not None
        for kind in (BUYERS if row.buyer is None else (row.buyer,))
    }
    return " OR ".join(
        f"kind = '{kind}' AND publish_date >= DATE '{start}' AND publish_date <= {_say_end(end)}"
        for kind, start, end in sorted(held, key=str)
    )


def prepare_limits(cursor: Cursor) -> None:
    """Make the relations of this cursor: ``buyer_kinds`` (code of an organization, kind), ``limit_rows``
    (code of a mode, kind, first and last day, amount; a row for each amount that is possible),
    ``limit_tops`` (the greatest of them) and ``limit_amounts`` (the same without modes)."""
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE buyer_kinds AS
            SELECT code::INTEGER AS code, {select_buyer("label")} AS kind
            FROM labels WHERE field = 'organization_name' AND label IS NOT NULL"""
        )
    )
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE limit_rows AS
            SELECT DISTINCT l.code::INTEGER AS mode, v.kind, v.first, v.last, v.amount
            FROM labels l, (VALUES {", ".join(_list_values())}) v(phrase, kind, first, last, amount)
            WHERE l.field = 'procurement_mode' AND contains(lower(l.label), v.phrase)"""
        )
    )
    cursor.execute(
        Statement(
            """CREATE OR REPLACE TEMP TABLE limit_tops AS
            SELECT mode, kind, first, last, max(amount) AS amount FROM limit_rows GROUP BY ALL"""
        )
    )
    cursor.execute(
        Statement(
            """CREATE OR REPLACE TEMP TABLE limit_amounts AS
            SELECT DISTINCT kind, first, last, amount FROM limit_rows"""
        )
    )


def _list_values() -> Iterator[str]:
    """The limits that are known, a row for each kind of buyer."""
    for phrase, modes in MODE_PHRASES.items():
        for row in LIMITS:
            if row.mode in modes and row.amount is not None:
                for kind in BUYERS if row.buyer is None else (row.buyer,):
                    last = _say_end(row.end)
                    yield f"('{phrase}', '{kind}', DATE '{row.start}', {last}, {row.amount}::DECIMAL(18,2))"


def _say_end(end: date | None) -> str:
    return FOREVER if end is None else f"DATE '{end}'"


def near_any_limit(width: str) -> str:
    """The condition that a budget is about as near to one of all limits: it is cheap, and few rows are joined
    then."""
    amounts = sorted({row.amount for row in LIMITS if row.mode in LIMITED and row.amount is not None})
    return " OR ".join(
        f"approved_budget BETWEEN {amount} * (1 - {width}) AND {amount} * (1 + {width})" for amount in amounts
    )
