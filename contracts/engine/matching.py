"""Matching rows to filters: keywords by the word index, everything else by DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.engine import aggregates
from contracts.engine.cache import LruCache
from contracts.engine.cursor import Cursor
from contracts.engine.sql import (
    KEYWORDS,
    Code,
    FilterBits,
    RowSubset,
    matching_rows,
    select_codes,
    select_ids,
    select_ordered_ids,
)
from contracts.errors import SnapshotMissing
from contracts.questions.filters import Filters
from contracts.questions.query import Query
from contracts.questions.texts import phrases_of
from contracts.snapshot.expressions import CODES, Statement
from contracts.snapshot.rows import Mask, MatchedRows, RowArrays
from contracts.snapshot.versions import Snapshot
from contracts.snapshot.words import Cut, WordIndex, cut_ascii, cut_phrases, read_cuts

Index = TypeVar("Index")
ALL = Filters(include_flood_control=True)
# At up to one row of so many, a join with the rows found takes a fifth of the time of a look at every row's
# bit.
FEW_OF = 10


class Indexes:
    """The indexes beside the database, and whether its ``stored`` columns hold the codes of names. Using one
    that an older program did not write raises SnapshotMissing."""

    def __init__(self, snapshot: Snapshot, *, stored: Container[str]) -> None:
        self._version = snapshot.version
        self._uncoded = {column for column, code in CODES.items() if code not in stored}
        self._words = _open(WordIndex, snapshot.words)
        self._rows = _open(RowArrays, snapshot.rows)

    @property
    def words(self) -> WordIndex:
        return self._words or self._miss()

    @property
    def rows(self) -> RowArrays:
        return self._rows or self._miss()

    def expect_codes(self, columns: Iterable[str]) -> None:
        """Raise SnapshotMissing where one of the name columns has no codes: filters and totals by it would
        find nothing, which is not true."""
        for column in columns:
            if column in self._uncoded:
                self._miss(f", which counts no {column}")

    def _miss(self, what: str = "") -> NoReturn:
        raise SnapshotMissing(
            f"dataset version {self._version!r} is of an older program{what}: import its files again"
        )


def _open(kind: Callable[[Path], Index], folder: Path) -> Index | None:
    try:
        return kind(folder)
    except FileNotFoundError:
        # With its folder the version is of a program that wrote no such index, without it it was pruned.
        if folder.parent.is_dir():
            return None
        raise SnapshotMissing(f"dataset version {folder.parent.name!r} is not on disk any more") from None


class Matcher:
    """Finds the contracts of one snapshot that filters mean; ``known`` remembers them."""

    def __init__(self, cursor: Cursor, indexes: Indexes, *, known: LruCache[MatchedRows]) -> None:
        self._cursor, self._indexes, self._known = cursor, indexes, known

    def match_rows(self, filters: Filters) -> MatchedRows:
        """The contracts that ``filters`` means."""
        return self._known.get_or_make(filters, lambda: self._sum_up(filters))

    def select_matches(self, filters: Filters) -> Statement:
        """The tail ``FROM contracts WHERE ...`` of a statement that reads the rows in any order."""
        # A join costs the order of rows, which totals do not need.
        if filters.keywords:
            found = self.match_rows(filters)
            if found.count <= found.size // FEW_OF:
                self._cursor.register("found", {"id": found.rows() + 1})
                return Statement("FROM contracts WHERE id IN (SELECT id FROM found)")
        return matching_rows(filters, self.make_bits(filters))

    def list_ids(self, query: Query, places: range) -> NDArray[np.int64]:
        """The ids of the rows at ``places`` (from 0) in the order of the query."""
        ids = self._indexes.rows.take_ids(self.match_rows(query.filters), query.sort, places)
        if ids is not None:
            return ids
        # Ids alone are sorted, so that no text is moved; the rows of the page are read by them afterwards.
        statement = select_ordered_ids(query, places, self.make_bits(query.filters))
        return self._cursor.fetch_numbers(statement)["id"]

    def select_subset(self, query: Query, places: range) -> RowSubset:
        """The rows at ``places`` as the WHERE takes them: of all rows, only these are read and sorted."""
        ids = self.list_ids(query, places)
        mask = np.zeros(self._indexes.rows.size, np.bool_)
        mask[ids - 1] = True
        first, last = (int(ids.min()), int(ids.max())) if len(ids) else (1, 0)
        return RowSubset(bits=np.packbits(mask).tobytes(), first=first, last=last)

    def median_amounts(self, filters: Filters) -> list[Decimal]:
        """The one or two amounts in the middle; none where there are no contracts."""
        return self._indexes.rows.median_amounts(self.match_rows(filters))

    @property
    def rows(self) -> RowArrays:
        """What is kept of every contract as arrays."""
        return self._indexes.rows

    def make_bits(self, filters: Filters) -> FilterBits:
        """The names and keywords of ``filters`` as the WHERE takes them."""
        self._indexes.expect_codes(filters.columns())
        masks: dict[tuple[str, str], Mask] = {}
        if statement := select_codes(filters):
            for name, column, code, labels in self._cursor.fetch(statement, Code):
                masks.setdefault((name, column), np.zeros(labels, np.bool_))[code] = True
        bits = {key: np.packbits(mask).tobytes() for key, mask in masks.items()}
        if filters.keywords:
            bits[KEYWORDS] = self.match_rows(filters).bits
        return bits

    def _sum_up(self, filters: Filters) -> MatchedRows:
        mask = self._make_mask(filters)
        cube = aggregates.get_cube(filters)
        if cube is None:
            return self._indexes.rows.sum_up(mask)
        # The cube has the sum; to add up 5 million amounts would bring 40 MB of them into memory.
        bins: list[aggregates.Group[int]] = self._cursor.fetch(aggregates.select_bins(cube), aggregates.Group)
        whole = aggregates.whole_of(bins)
        return MatchedRows.pack(mask, count=whole.count, total_value=whole.total_value)

    def _make_mask(self, filters: Filters) -> Mask:
        # The second source is left out at the end, by its few rows, so that DuckDB need not look at all rows
        # for a keyword alone.
        others = filters.model_copy(update={"keywords": (), "include_flood_control": True})
        if filters.keywords:
            mask = self._match_keywords(filters.keywords)
            if others != ALL:
                mask &= self._match_others(others)
        else:
            mask = self._match_others(others) if others != ALL else np.ones(self._indexes.rows.size, np.bool_)
        if not filters.include_flood_control:
            mask[self._indexes.rows.second_source] = False
        return mask

    def _match_others(self, filters: Filters) -> Mask:
        """The contracts that meet filters without keywords."""
        statement = select_ids(filters, self.make_bits(filters))
        mask = np.zeros(self._indexes.rows.size, np.bool_)
        mask[self._cursor.fetch_numbers(statement)["id"] - 1] = True
        return mask

    def _match_keywords(self, keywords: tuple[str, ...]) -> Mask:
        """The contracts that meet one of the keywords: hold all of its phrases."""
        phrases = {phrase for keyword in keywords for phrase in phrases_of(keyword)}
        cuts = {phrase: cut_ascii(phrase) for phrase in phrases if phrase.isascii()}
        if others := sorted(phrases - cuts.keys()):
            cuts |= read_cuts(self._cursor.fetch(cut_phrases(others), Cut))
        # No keyword is empty (contracts.questions.texts), so that each has a first phrase.
        met: Mask | None = None
        for keyword in keywords:
            first, *rest = (self._indexes.words.match(cuts[phrase]) for phrase in phrases_of(keyword))
            for mask in rest:
                first &= mask
            met = first if met is None else met | first
        assert met is not None
        return met
