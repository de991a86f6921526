"""The raw rows of every contract: which rows of which files were read as it.

The files, for contract n (``id`` - 1):

    tables.json        the tables that rows come from: name of the file, name of the file and sheet
    ends               where the raw rows of each contract end in the two that follow
    tables, rows       per raw row the number of its table, and its own number there, from 1
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.snapshot.arrays import map_array, save_array

TABLES = "tables.json"


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A table of a raw file; ``label`` also names the sheet of a workbook."""

    file: str
    label: str


@dataclass(frozen=True, kw_only=True)
class RawRows:
    """Rows of one table, numbered as the reports of an import number them: records from 1, the header
    included. ``first`` to ``last`` follow each other."""

    table: RawTable
    first: int
    last: int


def write_lines(folder: Path, tables: Sequence[RawTable], columns: Mapping[str, NDArray[np.generic]]) -> None:
    """Write ``columns`` into ``folder``: ``contract`` (from 0, ascending, each at least once), ``table`` and
    ``row`` of every raw row."""
    folder.mkdir()
    (folder / TABLES).write_text(json.dumps([asdict(table) for table in tables]), encoding="utf-8")
    counts = np.bincount(columns["contract"]) if len(columns["contract"]) else np.zeros(0, np.int64)
    save_array(folder, "ends", np.cumsum(counts).astype(np.uint32))
    save_array(folder, "tables", columns["table"].astype(np.uint16))
    save_array(folder, "rows", columns["row"].astype(np.uint32))


class LineIndex:
    """Answers from which raw rows a contract was read."""

    def __init__(self, folder: Path) -> None:
        self._tables = [RawTable(**table) for table in json.loads((folder / TABLES).read_text("utf-8"))]
        self._ends = map_array(folder, "ends")
        self._table_of, self._row_of = map_array(folder, "tables"), map_array(folder, "rows")

    def list_origins(self, contract: int) -> list[RawRows]:
        """The raw rows of a contract (``id`` - 1), in the order in which they were read."""
        own = slice(int(self._ends[contract - 1]) if contract else 0, int(self._ends[contract]))
        return list(self._join(self._table_of[own].tolist(), self._row_of[own].tolist()))

    def _join(self, tables: Sequence[int], rows: Sequence[int]) -> Iterator[RawRows]:
        # What follows each other has the same distance from its place.
        places = enumerate(zip(tables, rows, strict=True))
        for (table, _), run in groupby(places, key=lambda place: (place[1][0], place[1][1] - place[0])):
            numbers = [row for _, (_, row) in run]
            yield RawRows(table=self._tables[table], first=numbers[0], last=numbers[-1])
