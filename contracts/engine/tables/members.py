"""What takes the single contracts of groups: the amounts in the middle, and how many different names.

Arrays instead of DuckDB's aggregates, which hold the amounts of each group in a list of its own, and a table
of pairs for each count of names: for 110,000 contractors of 5 million contracts they took seconds, and more
than the 512 MB that the engine may have.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from contracts.engine.tables.statements import GROUP, MEMBER, PAIR
from contracts.snapshot.rows import RowArrays

STEP, SHARES = 1 << 18, 4
LOW = np.int64(0xFFFFFFFF)
_NONE = np.iinfo(np.int32).max
"""The group of contracts that are in none."""


def find_medians(members: Iterable[pa.RecordBatch], groups: NDArray[np.int64], arrays: RowArrays) -> pa.Array:
    """The medians of ``groups``, in pesos; ``members`` hold MEMBER and GROUP of all their contracts."""
    group_of = np.full(arrays.size, _NONE, np.int32)
    for batch in members:
        group_of[batch.column(MEMBER).to_numpy()] = batch.column(GROUP).to_numpy()
    order = arrays.sort_by_amount(group_of != _NONE)
    medians = [np.empty(0, np.int64)]
    # Some groups at a time: the pairs of all contracts would take twice what ``group_of`` does.
    for some in np.array_split(groups, SHARES):
        if len(some):
            pairs = _pair_places(group_of, order, range(int(some[0]), int(some[-1]) + 1))
            pairs.sort()
            bounds = _Bounds.of(pairs, some)
            lower, upper = (
                arrays.take_amounts(order[pairs[bounds.starts + places] & LOW])
                for places in ((bounds.counts - 1) // 2, bounds.counts // 2)
            )
            # Half up; two amounts fit 63 bits.
            medians.append((lower + upper + 1) // 2)
    return _to_pesos(np.concatenate(medians))


def _pair_places(group_of: NDArray[np.int32], order: NDArray[np.uint32], groups: range) -> NDArray[np.int64]:
    """The group of each contract of ``groups`` and its place in the ``order``, as one number: a sort of whole
    numbers is several times as quick as one of pairs."""
    pairs = [np.empty(0, np.int64)]
    # By steps, because all at once would take the memory of all several times.
    for start in range(0, len(order), STEP):
        found = group_of[order[start : start + STEP]]
        places = np.flatnonzero((found >= groups.start) & (found < groups.stop))
        pairs.append(np.left_shift(found[places], 32, dtype=np.int64) | (places + start))
    return np.concatenate(pairs)


def count_names(members: Iterable[pa.RecordBatch], groups: NDArray[np.int64], most: int) -> pa.Array:
    """How many different names the contracts of ``groups`` have; ``members`` hold a PAIR of each, of which
    there are ``most`` at most."""
    pairs = np.empty(most, np.int64)
    done = 0
    for batch in members:
        pairs[done : done + batch.num_rows] = batch.column(PAIR).to_numpy()
        done += batch.num_rows
    pairs = pairs[:done]
    pairs.sort()
    first = np.ones(done, np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
    bounds = _Bounds.of(pairs, groups)
    counts = np.zeros(len(groups), np.int64)
    # A group without names begins where the next one does, and would get its first.
    named = bounds.counts > 0
    if named.any():
        # Added up where they are: picking them would take the memory of all once more.
        counts[named] = np.add.reduceat(first.view(np.int8), bounds.starts[named], dtype=np.int64)
    return pa.array(counts)


@dataclass(frozen=True)
class _Bounds:
    """Where each of some groups begins in sorted pairs, and how many pairs it has."""

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: NDArray[np.int64], groups: NDArray[np.int64]) -> _Bounds:
        starts = np.searchsorted(pairs, groups << 32)
        return cls(starts, np.searchsorted(pairs, (groups + 1) << 32) - starts)


def _to_pesos(centavos: NDArray[np.int64]) -> pa.Array:
    # As Arrow holds DECIMAL(18,2): 16 bytes of centavos, of which none is negative.
    words = np.zeros((len(centavos), 2), np.int64)
    words[:, 0] = centavos
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(centavos), [None, pa.py_buffer(words)])
