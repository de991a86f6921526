"""Leaves out what cannot be alike: contracts whose number of a sort is borne by too few others.

Groups of five million contracts by buyer, supplier and amount are nearly as many as contracts, and spill;
almost all of them hold one. Their numbers alone, sorted, take 40 MB and half a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from contracts.engine.cursor import Cursor
from contracts.flags.flag import Flag
from contracts.snapshot.expressions import CODES, Statement

ALIKE, ROWS = "alike", "alike_rows"


def keep_alike(flag: Flag, rows: Statement, cursor: Cursor) -> Statement:
    """Those of ``rows`` (``(SELECT ...)``) that are alike, with what the flag reads of them. For a flag that
    has ``alike``."""
    assert flag.alike
    number, least = flag.alike
    asked = Statement(f"SELECT {number} AS number FROM {rows.sql}", rows.parameters)
    cursor.register(ALIKE, {"number": _list_frequent(cursor.fetch_numbers(asked)["number"], least)})
    # Kept, because the texts of all contracts would be unpacked for the cases and again for the evidence.
    columns = ", ".join(["id", *(CODES.get(name, name) for name in flag.fields)])
    limits = ", kind, top" if flag.by_limits else ""
    kept = f"SELECT {columns}{limits} FROM {rows.sql} WHERE {number} IN (SELECT number FROM {ALIKE})"
    cursor.execute(Statement(f"CREATE OR REPLACE TEMP TABLE {ROWS} AS {kept}", rows.parameters))
    return Statement(ROWS)


def _list_frequent(numbers: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    numbers.sort()
    # Of a sorted array, a number occurs often enough where it equals the one so many places on.
    first = numbers[: max(0, len(numbers) - least + 1)]
    return np.unique(first[first == numbers[least - 1 :]])
