"""The numbers by which people know a contract, sorted: which contracts bear one is found by bisection.

The files, for each of the columns of ``contracts.snapshot.expressions.NUMBERED``:

    <column>-keys, <column>-rows    the keys in their order, and the row (``id`` - 1) of each
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from contracts.questions.numbers import fold_number
from contracts.snapshot.arrays import map_array, save_array
from contracts.snapshot.expressions import NUMBERED, Statement, number_key


def write_numbers(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the index of the connection's ``contracts`` into ``folder``."""
    folder.mkdir()
    # A column at a time: five million keys and their order are 80 MB.
    for column in NUMBERED:
        found = con.execute(f"SELECT {number_key(column)} AS key FROM contracts").fetchnumpy()["key"]
        keys = np.ma.getdata(found)
        given = np.flatnonzero(~np.ma.getmaskarray(found))
        order = given[np.argsort(keys[given], kind="stable")]
        save_array(folder, f"{column}-keys", keys[order].astype(np.uint64))
        save_array(folder, f"{column}-rows", order.astype(np.uint32))


def make_key(number: str) -> int:
    """The key of a number of ASCII, as ``number_key`` makes it."""
    # Only ASCII: Python folds the case of other letters in another way than DuckDB. A test holds the two
    # together.
    digest = hashlib.md5(fold_number(number).encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little")


def select_keys(numbers: Sequence[str]) -> Statement:
    """Rows of one key, one for each number."""
    return Statement(
        f"SELECT {number_key('number')} FROM (SELECT unnest($1::VARCHAR[]) AS number)", (list(numbers),)
    )


class NumberIndex:
    """Answers which contracts bear a number."""

    def __init__(self, folder: Path) -> None:
        self._columns = {
            column: (map_array(folder, f"{column}-keys"), map_array(folder, f"{column}-rows"))
            for column in NUMBERED
        }

    def list_rows(self, keys: Iterable[int], columns: Iterable[str] = NUMBERED) -> NDArray[np.uint32]:
        """The rows that bear one of the numbers with these keys in one of ``columns``, some of them twice."""
        wanted = [self._columns[column] for column in columns]
        found = [np.zeros(0, np.uint32)]
        for key in map(np.uint64, keys):
            for sorted_keys, rows in wanted:
                first = np.searchsorted(sorted_keys, key, side="left")
                found.append(rows[first : np.searchsorted(sorted_keys, key, side="right")])
        return np.concatenate(found)
