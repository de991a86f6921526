"""The names of a column in memory: which of them a filter means, and which to suggest while people type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from contracts.fields import Also, Pesos
from contracts.questions.texts import MAX_KEYWORD_LENGTH, NamePattern, NameWanted
from contracts.snapshot.expressions import Statement
from contracts.snapshot.words import WORD, Phrase, unmark

Labels = NDArray[np.bool_]
"""One truth value per name of a column, by its code."""
# "Petron Corp" is 76 like "PETRON CORPORATION"; below that, names of other firms come up.
ALIKE = 72


class Suggested(TypedDict):
    """A name that a filter takes, with its contracts and their value."""

    label: str
    count: Annotated[int, Also(minimum=0)]
    total_value: Pesos


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A label that a name filter takes, with what it stands for."""

    label: str
    count: int
    total_value: Decimal

    def to_json(self) -> Suggested:
        return {"label": self.label, "count": self.count, "total_value": f"{self.total_value:.2f}"}


@dataclass(frozen=True, kw_only=True)
class NameMatches:
    """The best of the names that hold what was typed, and what all ``names`` of them stand for together.
    ``patterns`` mean just these in a filter; there are none where nothing was typed, or too much."""

    best: list[Suggestion]
    patterns: list[NamePattern]
    names: int
    count: int
    total_value: Decimal


def select_names(column: str) -> Statement:
    """What ``NameList`` is made of: the names of a column by their codes, which count from 0."""
    return Statement(
        """SELECT label, folded, main_rows, main_value, all_rows, all_value FROM labels
        WHERE field = $1 ORDER BY code""",
        (column,),
    )


class NameList:
    """The names of one column with what they stand for; ``table`` is that of ``select_names``."""

    takes_patterns = True

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        # Marked as ``contracts.snapshot.expressions.fold_field`` does it: a phrase at a word start begins
        # with a mark, so that one search for bytes in each name answers.
        self._folded = self._searched = self.column("folded")
        self._rows = {
            True: self.column("all_rows").to_numpy(),
            False: self.column("main_rows").to_numpy(),
        }
        # Codes are dealt by ``all_rows``; without the second source another order may be right.
        self._by_size = {
            flood: np.argsort(-rows.astype(np.int64), kind="stable") for flood, rows in self._rows.items()
        }

    def __len__(self) -> int:
        return len(self._table)

    def hold(self, phrases: Sequence[Phrase]) -> Labels:
        """The names that hold all of ``phrases``; of none, all names. The missing name holds nothing."""
        held: Labels = self.column("label").is_valid().to_numpy(zero_copy_only=False)
        for phrase in phrases:
            held = held & _find(self._searched, phrase.folded)
        return held

    def mean(self, wanted: Sequence[NameWanted], phrases: Mapping[str, Phrase]) -> Labels:
        """The names that one of ``wanted`` means; ``phrases`` has those of its patterns."""
        exact = [name for name in wanted if not isinstance(name, NamePattern)]
        meant = np.array(pc.is_in(self.column("label"), value_set=pa.array(exact, pa.string())))
        for pattern in wanted:
            if isinstance(pattern, NamePattern):
                meant |= self.hold([phrases[phrase] for phrase in pattern.phrases])
        return meant

    def list_all(self, *, include_flood_control: bool) -> list[str]:
        """The names of contracts, sorted as text; the missing one is none."""
        held = self.hold([]) & (self._rows[include_flood_control] > 0)
        labels = self.column("label").filter(pa.array(held))
        names: list[str] = labels.take(pc.sort_indices(labels)).to_pylist()
        return names

    def list_unknown(self, wanted: Sequence[NameWanted]) -> list[str]:
        """Those of the exact names in ``wanted`` that no contract bears."""
        exact = [name for name in wanted if isinstance(name, str)]
        known = pc.is_in(pa.array(exact, pa.string()), value_set=self.column("label"))
        return [name for name, is_known in zip(exact, known.to_pylist(), strict=True) if not is_known]

    def suggest(
        self,
        ways: Sequence[Sequence[str]],
        phrases: Mapping[str, Phrase],
        *,
        whole: str,
        limit: int,
        include_flood_control: bool,
    ) -> NameMatches:
        """The names that hold all phrases of one of ``ways``: first those that begin with
        the ``whole`` of what was typed, then by their number of contracts."""
        held = np.logical_or.reduce([self.hold([phrases[one] for one in way]) for way in ways])
        held &= self._rows[include_flood_control] > 0
        in_order = self._by_size[include_flood_control]
        hits = in_order[held[in_order]]
        first = _begin(self._folded.take(pa.array(hits)), phrases[whole])
        best = np.concatenate([hits[first][:limit], hits[~first][:limit]])[:limit]
        count, total_value = self._add_up(held, include_flood_control)
        return NameMatches(
            best=self.take(best, include_flood_control=include_flood_control),
            patterns=_write_patterns(ways) if self.takes_patterns else [],
            names=len(hits),
            count=count,
            total_value=total_value,
        )

    def list_alike(self, name: Phrase, *, limit: int) -> list[Suggestion]:
        """Names spelled nearly like ``name``, the nearest first."""
        # A missing name is like none, and above all not like an empty one.
        plain = [folded if folded is None else unmark(folded) for folded in self._folded.to_pylist()]
        found = process.extract(
            unmark(name.folded), plain, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, limit=limit
        )
        return self.take(np.array([number for _, _, number in found], np.int64), include_flood_control=True)

    def count_words(self) -> Counter[str]:
        """The words of the names, folded, and how many contracts have a name with each."""
        counts: Counter[str] = Counter()
        for folded, rows in zip(self._folded.to_pylist(), self._rows[True].tolist(), strict=True):
            counts.update(dict.fromkeys(WORD.findall(folded or ""), rows))
        return counts

    def take(self, codes: NDArray[np.int64], *, include_flood_control: bool = False) -> list[Suggestion]:
        """The names with these codes, none of which is that of the missing name."""
        rows = self._table.take(pa.array(codes, pa.int64())).to_pylist()
        source = "all" if include_flood_control else "main"
        return [
            Suggestion(label=row["label"], count=row[f"{source}_rows"], total_value=row[f"{source}_value"])
            for row in rows
        ]

    def column(self, name: str) -> pa.Array:
        """A column of ``select_names``, by code."""
        # A table of no rows has no chunk.
        column = self._table.column(name)
        return column.chunk(0) if column.num_chunks else pa.array([], column.type)

    def _add_up(self, held: Labels, include_flood_control: bool) -> tuple[int, Decimal]:
        values = self.column("all_value" if include_flood_control else "main_value")
        total = pc.sum(values.filter(pa.array(held))).as_py()
        return int(self._rows[include_flood_control][held].sum()), total or Decimal("0.00")


def _write_patterns(ways: Sequence[Sequence[str]]) -> list[NamePattern]:
    texts = [" && ".join(way) for way in ways]
    fit = all(0 < len(text) <= MAX_KEYWORD_LENGTH for text in texts)
    return [NamePattern(contains=text) for text in texts] if fit else []


def _find(texts: pa.Array, wanted: str) -> Labels:
    return _to_labels(pc.match_substring(texts, wanted))


def _begin(texts: pa.Array, phrase: Phrase) -> Labels:
    # Each folded name begins with a mark, a phrase only if it begins with a letter or digit.
    return _to_labels(pc.starts_with(texts, pattern=f"\x01{phrase.cut}"))


def _to_labels(found: pa.Array) -> Labels:
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
