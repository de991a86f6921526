"""What a contract is known by in every dataset version, as one number, for those who compare versions.

It is made of the numbers of its address (``addresses``); versions number rows anew. Contracts that have no
award number may share an address, and are told apart by their names and titles; those that are alike even in
these, by their place in the order of their amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
from numpy.typing import NDArray

from contracts.engine.cursor import Cursor
from contracts.engine.observer import Nobody
from contracts.engine.records.addresses import AWARDS, REFERENCES
from contracts.snapshot.arrays import save_array
from contracts.snapshot.expressions import Statement, fold_number
from contracts.snapshot.rows import KEYS, RowArrays

Keys: TypeAlias = NDArray[np.uint64]
"""A number for each contract of a version, in the order of the rows."""

_NAMES = ("awardee_name", "organization_name", "award_title", "notice_title")
# Odd, so that each place among equals gives another number, and none that is near.
_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, kw_only=True)
class Identified:
    """Contracts of one version: their ids there, what they are known by, and their amounts in centavos."""

    ids: NDArray[np.int64]
    keys: Keys
    amounts: NDArray[np.int64]


def write_keys(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write what each of the connection's ``contracts`` is known by beside their arrays in ``folder``."""
    # Once an import: to make them again in each worker took 6 s and 270 MB of five million contracts.
    save_array(folder, KEYS, make_keys(Cursor(con, Nobody()), RowArrays(folder)))


def make_keys(cursor: Cursor, arrays: RowArrays) -> Keys:
    """What each contract is known by, for whom no import wrote it down."""
    # By MD5, which is the same in every version of DuckDB; its own hash may change.
    numbers = ("source", *map(_fold_first, (REFERENCES, AWARDS)))
    every = Statement(f"SELECT {_hash(numbers)} AS key FROM contracts")
    keys = np.asarray(cursor.fetch_numbers(every)["key"]).astype(np.uint64)
    # Apart, because the titles of all contracts are most of what is stored of them.
    where = f"FROM contracts WHERE {AWARDS[0]} IS NULL"
    some = cursor.fetch_numbers(Statement(f"SELECT id, {_hash((*numbers, *_NAMES))} AS key {where}"))
    keys[some["id"] - 1] = np.asarray(some["key"]).astype(np.uint64)
    return _tell_apart(keys, arrays)


def _fold_first(columns: tuple[str, ...]) -> str:
    first = f"coalesce({', '.join(columns)})"
    return f"CASE WHEN {first} IS NOT NULL THEN {fold_number(first)} END"


def _hash(parts: tuple[str, ...]) -> str:
    told = " || chr(31) || ".join(f"coalesce({part}, '')" for part in parts)
    return f"md5_number_lower({told})"


def _tell_apart(keys: Keys, arrays: RowArrays) -> Keys:
    """The keys, those of equal contracts made different by their place among these."""
    order = np.argsort(keys)
    lined_up = keys[order]
    equal = np.zeros(len(keys) + 1, np.bool_)
    equal[1:-1] = lined_up[1:] == lined_up[:-1]
    # Of each run of equals all of its rows: equal to the one before, or to the one after.
    alike = np.sort(order[equal[:-1] | equal[1:]]).astype(np.uint32)
    if len(alike):
        alike = alike[np.lexsort((arrays.take_amounts(alike), keys[alike]))]
        runs = keys[alike]
        places = np.arange(len(alike))
        starts = np.maximum.accumulate(np.where(np.r_[True, runs[1:] != runs[:-1]], places, 0))
        keys[alike] += (places - starts).astype(np.uint64) * _STEP
    return keys
