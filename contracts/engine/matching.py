"""Matching rows to filters: words and numbers by their indexes, amounts and days by arrays, the rest by
DuckDB."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.engine import aggregates
from contracts.engine.cache import LruCache
from contracts.engine.cursor import Cursor
from contracts.engine.names import Labels, NameList, select_names
from contracts.engine.places.place_list import PlaceList
from contracts.engine.sql import (
    AREA,
    FOUND,
    PLACED,
    FilterBits,
    RowSubset,
    matching_rows,
    select_bearers,
    select_ids,
    select_ordered_ids,
)
from contracts.errors import SnapshotMissing
from contracts.questions.filters import EXACT, EXCEPTIONS, Filters
from contracts.questions.query import Query
from contracts.questions.searchtext import SearchText, Term, Wanted, find_number, list_phrases, list_wanted
from contracts.questions.texts import NamePattern, Names, phrases_of
from contracts.snapshot.expressions import CODES, NUMBERED, SEARCHED_NAMES, Statement
from contracts.snapshot.lines import LineIndex, RawRows
from contracts.snapshot.numbers import NumberIndex, make_key, select_keys
from contracts.snapshot.rows import LISTED, TAKEN, Mask, MatchedRows, RowArrays
from contracts.snapshot.versions import Snapshot
from contracts.snapshot.words import Cut, Phrase, WordIndex, cut_ascii, cut_phrases, read_cuts

Index = TypeVar("Index")
ALL = Filters(include_flood_control=True)
# At up to one row of so many, to take what is kept of the rows found costs a sixth of a look at every row's
# bit, and half at this very share.
FEW_OF = 10
LISTED_FILTERS = {
    name: exact
    for name, exact in (*EXACT.items(), *EXCEPTIONS.items())
    if exact.column in (*SEARCHED_NAMES, *LISTED)
}
"""Name lists that need no look at all rows: the contracts of each name are kept."""
TAKEN_APART = (
    *("places", "time_ranges", "also_within", "value_range", "implausible"),
    *("include_flood_control", "flood_control_only"),
)
"""Other filters that need none: what they ask is in arrays."""
# Words to choose from where one was mistyped.
NEAR = 3


class Indexes:
    """The indexes beside the database, and whether its ``stored`` columns hold the codes of names. Using one
    that an older program did not write raises SnapshotMissing."""

    def __init__(self, snapshot: Snapshot, *, stored: Container[str]) -> None:
        self._version = snapshot.version
        self._uncoded = {column for column, code in CODES.items() if code not in stored}
        self._words = _open(WordIndex, snapshot.words)
        self._rows = _open(RowArrays, snapshot.rows)
        self._numbers = _open(NumberIndex, snapshot.numbers)
        self.lines = _open(LineIndex, snapshot.lines)
        """None where an older program wrote the snapshot, which kept none."""
        self._implausible: LruCache[NDArray[np.int64]] = LruCache(1)

    @property
    def words(self) -> WordIndex:
        return self._words or self._miss()

    @property
    def rows(self) -> RowArrays:
        return self._rows or self._miss()

    @property
    def numbers(self) -> NumberIndex:
        return self._numbers or self._miss(", which cannot look up numbers")

    def list_implausible(self, cursor: Cursor) -> NDArray[np.int64]:
        """The rows whose amount is hardly right."""
        kept = self.rows.implausible
        if kept is not None:
            return kept.astype(np.int64)
        # In snapshots of older programs, whose readers judge by the budget alone (engine.store); once.
        asked = Statement("SELECT id FROM contracts WHERE implausible IS NOT NULL ORDER BY id")
        return self._implausible.get_or_make("rows", lambda: cursor.fetch_numbers(asked)["id"] - 1)

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
    """Finds the contracts of one snapshot that filters mean; ``known`` remembers them, ``names`` the lists of
    names by column."""

    def __init__(
        self, cursor: Cursor, indexes: Indexes, *, known: LruCache[MatchedRows], names: LruCache[NameList]
    ) -> None:
        self._cursor, self._indexes, self._known, self._names = cursor, indexes, known, names

    def match_rows(self, filters: Filters) -> MatchedRows:
        """The contracts that ``filters`` means."""
        return self._known.get_or_make(filters, lambda: self.sum_up(filters))

    def select_matches(self, filters: Filters) -> Statement:
        """The tail ``FROM ...`` of a statement that reads, in any order, what contracts are grouped by, and
        their ids and amounts."""
        found = self._find_few(filters)
        if found is None:
            return matching_rows(filters, self.make_bits(filters))
        taken = self._indexes.rows.take_columns(found.rows())
        if taken is not None:
            self._cursor.register("taken", taken)
            return Statement(f"FROM {TAKEN}")
        # In snapshots of older programs. A join costs the order of rows, which nobody here needs.
        self._cursor.register("found", {"id": found.rows() + 1})
        return Statement("FROM contracts WHERE id IN (SELECT id FROM found)")

    def _find_few(self, filters: Filters) -> MatchedRows | None:
        """The contracts, where they are few and no look at all rows is needed to find them."""
        listed = filters.places or any(map(filters.names, LISTED_FILTERS))
        few = filters.implausible == "only" or filters.flood_control_only
        if not (filters.indexed or listed or few):
            return None
        found = self.match_rows(filters)
        return found if found.count <= found.size // FEW_OF else None

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

    def list_implausible(self, filters: Filters) -> NDArray[np.int64]:
        """The rows of those contracts that ``filters`` means whose amount is hardly right."""
        marked = self._indexes.list_implausible(self._cursor)
        # Without a look for the others, where nothing is marked at all.
        return marked[self.match_rows(filters).holds(marked)] if len(marked) else marked

    def median_amounts(self, filters: Filters) -> list[Decimal]:
        """The one or two amounts in the middle; none where there are no contracts."""
        return self._indexes.rows.median_amounts(self.match_rows(filters))

    def list_numbered(self, numbers: Sequence[str], columns: Sequence[str] = NUMBERED) -> NDArray[np.uint32]:
        """The rows that bear one of ``numbers`` in one of ``columns``, some of them twice."""
        keys = [make_key(number) for number in numbers if number.isascii()]
        if others := [number for number in numbers if not number.isascii()]:
            keys += self._cursor.fetch(select_keys(others), int)
        return self._indexes.numbers.list_rows(keys, columns)

    def list_origins(self, number: int) -> list[RawRows] | None:
        """The raw rows of the contract with this id; None in a snapshot of an older program."""
        lines = self._indexes.lines
        return None if lines is None else lines.list_origins(number - 1)

    @property
    def rows(self) -> RowArrays:
        """What is kept of every contract as arrays."""
        return self._indexes.rows

    def list_names(self, column: str) -> NameList:
        """The names of ``column``."""
        self._indexes.expect_codes([column])
        return self._names.get_or_make(
            column, lambda: NameList(self._cursor.fetch_table(select_names(column)))
        )

    def list_places(self) -> PlaceList:
        """The places that the texts of the area of delivery name."""
        places = self._names.get_or_make("places", lambda: PlaceList(self.list_names(AREA)))
        assert isinstance(places, PlaceList)
        return places

    def list_named(self, field: str) -> NameList:
        """What the filter ``field`` takes: the names of a column, or places."""
        return self.list_places() if field == "places" else self.list_names(EXACT[field].column)

    def knows(self, word: str) -> bool:
        """Whether any text that typed words are looked for in has a word that begins so."""
        [phrase] = read_phrases(self._cursor, {word}).values()
        if self._indexes.words.knows(phrase):
            return True
        return any(self.list_names(column).hold([phrase]).any() for column in LISTED)

    def list_near(self, word: str) -> list[str]:
        """Words of titles and names that are spelled nearly like ``word``, the nearest first."""
        [phrase] = read_phrases(self._cursor, {word}).values()
        listed = sum((self.list_names(column).count_words() for column in LISTED), Counter[str]())
        return self._indexes.words.list_near(phrase, beside=listed, limit=NEAR)

    def make_bits(self, filters: Filters) -> FilterBits:
        """The names, and what the indexes find, of ``filters`` as the WHERE takes them."""
        bits = {}
        for name, exact in (*EXACT.items(), *EXCEPTIONS.items()):
            if wanted := filters.names(name):
                meant = self._mean(exact.column, wanted)
                if meant.any():
                    bits[name, exact.column] = np.packbits(meant).tobytes()
        if filters.places:
            bits[PLACED] = np.packbits(self.list_places().mean_areas(filters.places)).tobytes()
        if filters.indexed:
            bits[FOUND] = self.match_rows(filters).bits
        return bits

    def _mean(self, column: str, wanted: Names) -> Labels:
        """The names of a column that entries of a name list mean."""
        patterns = [one for one in wanted if isinstance(one, NamePattern)]
        phrases = {phrase for pattern in patterns for phrase in pattern.phrases}
        return self.list_names(column).mean(wanted, read_phrases(self._cursor, phrases))

    def sum_up(self, filters: Filters) -> MatchedRows:
        """As ``match_rows``, for what is not to be remembered."""
        if filters.implausible != ALL.implausible:
            return self._split_implausible(filters)
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
        # for a keyword or a name alone. Amounts and days stand in arrays.
        taken = {name: getattr(ALL, name) for name in (*LISTED_FILTERS, *TAKEN_APART)}
        others = filters.without_indexed().model_copy(update=taken)
        found = chain(self._match_indexed(filters), self._match_names(filters))
        rest = () if others == ALL else (others,)
        masks = chain(found, map(self._match_others, rest))
        first = next(masks, None)
        mask = np.ones(self._indexes.rows.size, np.bool_) if first is None else _narrow(chain([first], masks))
        self._indexes.rows.narrow_amounts(mask, filters.value_range)
        if (days := filters.days) is not None:
            self._indexes.rows.narrow_days(mask, days)
        if filters.flood_control_only:
            mask &= ~self._indexes.rows.main
        elif not filters.include_flood_control:
            mask[self._indexes.rows.second_source] = False
        return mask

    def _split_implausible(self, filters: Filters) -> MatchedRows:
        """Those contracts whose amounts are hardly right, or the others."""
        # From what is found with them, which who leaves them out has just seen: adding up anew takes longer.
        asked = filters.model_copy(update={"implausible": ALL.implausible})
        whole, marked = self.match_rows(asked), self.list_implausible(asked)
        value = self._indexes.rows.add_up(marked)
        only = filters.implausible == "only"
        mask = np.zeros(whole.size, np.bool_) if only else whole.mask()
        mask[marked] = only
        if only:
            return MatchedRows.pack(mask, count=len(marked), total_value=value)
        return MatchedRows.pack(mask, count=whole.count - len(marked), total_value=whole.total_value - value)

    def _match_others(self, filters: Filters) -> Mask:
        """The contracts that meet filters which ask for no index."""
        statement = select_ids(filters, self.make_bits(filters))
        mask = np.zeros(self._indexes.rows.size, np.bool_)
        mask[self._cursor.fetch_numbers(statement)["id"] - 1] = True
        return mask

    def _match_indexed(self, filters: Filters) -> Iterator[Mask]:
        """For each member that asks for an index, the contracts that meet it."""
        # The quickest first, and most telling of what an old snapshot lacks.
        if filters.numbers:
            yield self._match_numbers(filters.numbers)
        if filters.text:
            yield self._match_text(filters.text)
        if filters.keywords:
            yield self._match_keywords(filters.keywords)

    def _match_names(self, filters: Filters) -> Iterator[Mask]:
        """For each name list of a column whose names' contracts are kept, the contracts that it means."""
        for name, exact in LISTED_FILTERS.items():
            if wanted := filters.names(name):
                mask = np.zeros(self._indexes.rows.size, np.bool_)
                mask[self._find_bearers(exact.column, self._mean(exact.column, wanted))] = True
                yield np.logical_not(mask, out=mask) if name in EXCEPTIONS else mask
        if filters.places:
            mask = np.zeros(self._indexes.rows.size, np.bool_)
            mask[self._find_bearers(AREA, self.list_places().mean_areas(filters.places))] = True
            yield mask

    def _match_numbers(self, numbers: Sequence[str]) -> Mask:
        mask = np.zeros(self._indexes.rows.size, np.bool_)
        mask[self.list_numbered(numbers)] = True
        return mask

    def _match_keywords(self, keywords: tuple[str, ...]) -> Mask:
        """The contracts that meet one of the keywords: hold all of its phrases."""
        cuts = read_phrases(self._cursor, {phrase for keyword in keywords for phrase in phrases_of(keyword)})
        hold = self._indexes.words.match
        # No keyword is empty (contracts.questions.texts), so that each has a first phrase.
        return _join(_narrow(hold(cuts[phrase]) for phrase in phrases_of(keyword)) for keyword in keywords)

    def _match_text(self, text: SearchText) -> Mask:
        """The contracts that meet one of the alternatives."""
        cuts = read_phrases(self._cursor, list_phrases(text))
        return _join(chain.from_iterable(self._match_terms(terms, cuts) for terms in text.alternatives))

    def _match_terms(self, terms: Sequence[Term], cuts: Mapping[str, Phrase]) -> Iterator[Mask]:
        yield _narrow(self._match_wanted(wanted, cuts) for wanted in list_wanted(terms))
        number = find_number(terms)
        if number is not None:
            yield self._match_numbers([number])

    def _match_wanted(self, wanted: Wanted, cuts: Mapping[str, Phrase]) -> Mask:
        mask = _join(_narrow(self._hold_anywhere(cuts[phrase]) for phrase in way) for way in wanted.ways)
        return np.logical_not(mask, out=mask) if wanted.excluded else mask

    def _hold_anywhere(self, phrase: Phrase) -> Mask:
        """The contracts that hold a phrase in a title or in a name of contractor, organization, area or
        category."""
        mask = self._indexes.words.match(phrase)
        for column in LISTED:
            names = self.list_names(column).hold([phrase])
            if names.any():
                mask[self._find_bearers(column, names)] = True
        return mask

    def _find_bearers(self, column: str, names: Labels) -> NDArray[Any]:
        if column in SEARCHED_NAMES:
            before = SEARCHED_NAMES[: SEARCHED_NAMES.index(column)]
            first = sum(len(self.list_names(other)) for other in before)
            return self._indexes.words.find_bearers(first + np.flatnonzero(names))
        rows = self._indexes.rows.find_bearers(column, names)
        if rows is not None:
            return rows
        # In snapshots of older programs, which keep no list of them; it takes longer.
        statement = select_bearers(column, np.packbits(names).tobytes())
        return self._cursor.fetch_numbers(statement)["id"] - 1


def read_phrases(cursor: Cursor, phrases: Collection[str]) -> dict[str, Phrase]:
    """Each of ``phrases`` as it is looked for: cut as texts were cut when they were indexed."""
    cuts = {phrase: cut_ascii(phrase) for phrase in phrases if phrase.isascii()}
    if others := sorted(set(phrases) - cuts.keys()):
        cuts |= read_cuts(cursor.fetch(cut_phrases(others), Cut))
    return cuts


def _narrow(masks: Iterable[Mask]) -> Mask:
    """What is in all of the masks; there is at least one, and the first is used up."""
    # One after the other, as each is a byte per contract.
    masks = iter(masks)
    first = next(masks)
    for mask in masks:
        first &= mask
    return first


def _join(masks: Iterable[Mask]) -> Mask:
    """What is in any of the masks; there is at least one, and the first is used up."""
    masks = iter(masks)
    first = next(masks)
    for mask in masks:
        first |= mask
    return first
