"""The names of one column in memory, best first, for suggestions while people type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A label that a name filter takes, with what it stands for."""

    label: str
    count: int
    total_value: Decimal


class NameList:
    """Names with what they stand for, in the order in which they are to be suggested.

    ``table`` holds ``label``, ``folded`` (as ``contracts.snapshot.expressions.fold_field`` makes it),
    ``rows`` and ``value``.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table.select(["label", "rows", "value"]).combine_chunks()
        folded = [name.encode() for name in table.column("folded").to_pylist()]
        # One text, because to leap through 4 MB by bytes.find is quicker than to ask 100,000 names. No folded
        # name holds a line feed.
        self._text = b"\n".join([b"", *folded, b""])
        self._starts = np.cumsum([0, *(len(name) + 1 for name in folded)])

    def suggest(self, phrase: str, *, limit: int) -> list[Suggestion]:
        """The names that hold a folded phrase: first those that begin with it."""
        wanted = phrase.encode()
        # A name begins with the mark of a word start, a phrase with one if it begins with a letter or digit.
        best = list(self._search(b"\n\x01" + wanted.lstrip(b"\x01"), limit))
        known = set(best)
        # Among the first ``limit`` of these there may be all of those.
        for number in self._search(wanted, limit + len(best)):
            if len(best) >= limit:
                break
            if number not in known:
                best.append(number)
        rows = self._table.take(pa.array(best, pa.int64())).to_pylist()
        return [Suggestion(label=row["label"], count=row["rows"], total_value=row["value"]) for row in rows]

    def _search(self, wanted: bytes, limit: int) -> Iterator[int]:
        """The numbers of the first ``limit`` names that hold ``wanted``, which begins in the name's line."""
        at, found = self._text.find(wanted), 0
        while at >= 0 and found < limit and at < self._starts[-1]:
            number = int(np.searchsorted(self._starts, at, side="right")) - 1
            yield number
            found += 1
            # On to the next name: one that holds the phrase twice is one suggestion.
            at = self._text.find(wanted, int(self._starts[number + 1]))
