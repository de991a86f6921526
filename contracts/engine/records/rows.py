"""Rows of contracts by their ids, JSON-ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from contracts.engine.cursor import Cursor
from contracts.engine.sql import select_by_id

Value: TypeAlias = str | int | Decimal | date | None
"""What a column of a contract may hold (contracts.fields.FieldType)."""
JsonRow: TypeAlias = dict[str, str | int | None]
"""A contract by the names of its columns, JSON-ready: dates ISO, money as text with two places."""


def read_rows(cursor: Cursor, columns: Sequence[str], ids: Sequence[int]) -> list[JsonRow]:
    """The rows of ``ids``, in their order."""
    if not ids:
        return []
    # The rows of a list of ids come in no order.
    rows = {row[0]: row[1:] for row in cursor.fetch(select_by_id(columns, ids), _gather)}
    return [dict(zip(columns, map(_to_json, rows[number]), strict=True)) for number in ids]


def _gather(*values: Value) -> tuple[Value, ...]:
    return values


def _to_json(value: Value) -> str | int | None:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value
