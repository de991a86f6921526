"""Merged cells of a sheet: which rows take the text of a field from a row above.

Agencies merge what the items of an award have in common. The file then has it in the first row alone.
"""

from __future__ import annotations

import re
from array import array

import numpy as np
import pyarrow as pa

from contracts.ingest.sources import Header
from contracts.ingest.workbooks.package import BadWorkbook

# Rows below the first of a merged block, over all blocks of a sheet: sixteen columns of a full one.
MAX_MERGED_ROWS = 1 << 24
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?ref=\"([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})\"")


class MergedCells:
    """The merged blocks of more than one row, each by its first column and its first and last row."""

    def __init__(self) -> None:
        self._blocks = array("q")
        self._rows = 0

    def watch(self, xml: bytes) -> None:
        """Take up the blocks of a piece of the part. Raises BadWorkbook where there are too many."""
        for letters, first, last in _MERGE.findall(xml):
            below = int(last) - int(first)
            if below > 0:
                self._blocks.extend((count_letters(letters), int(first), below))
                self._rows += below
        if self._rows > MAX_MERGED_ROWS:
            raise BadWorkbook(f"it has more than {MAX_MERGED_ROWS:,} merged cells: unmerge them")

    def spread(self, header: Header, *, after: int) -> dict[str, pa.Table]:
        """Field -> ``row`` and ``top``, the row whose text it takes. Blocks that begin in the first ``after``
        rows are part of a title."""
        blocks = (
            np.frombuffer(self._blocks, np.int64).reshape(-1, 3)
            if self._blocks
            else np.empty((0, 3), np.int64)
        )
        blocks = blocks[blocks[:, 1] > after]
        spread = {
            field: _spread_column(blocks[blocks[:, 0] == places[0]])
            for field, places in header.positions.items()
            # A field that is joined of several columns has no one text to carry down.
            if len(places) == 1
        }
        return {field: table for field, table in spread.items() if len(table)}


def _spread_column(blocks: np.ndarray) -> pa.Table:
    first, below = blocks[:, 1], blocks[:, 2]
    tops = np.repeat(first, below)
    within = np.arange(len(tops)) - np.repeat(np.cumsum(below) - below, below)
    return pa.table({"row": tops + 1 + within, "top": tops})


def count_letters(letters: bytes) -> int:
    """``A`` -> 0, ``AA`` -> 26."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1
