"""Locating the header of a table, whichever reader reads it, and telling what a table is that has none."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.ingest.cells.dates import parse_stamp
from contracts.ingest.cells.nulls import NULL_WORDS
from contracts.ingest.sources import GENERATIONS, Generation, Header
from contracts.ingest.sources.layout import SAMPLE_COLUMN, normalise_name
from contracts.ingest.tables.batches import DATE_CELL
from contracts.snapshot.versions import SAMPLE, Note

# How far down a header is looked for. S1 and S2 carry lines about themselves above it, two by some accounts
# and three by others: so it is known by its names and not by its place.
HEADER_WITHIN_ROWS = 30
# A sheet has no more columns; a line of eight million commas is not worth looking at.
MAX_HEADER_CELLS = 16_384
# A row with more of a generation's names than this is meant to be its header, and the error says what it
# lacks.
RESEMBLING_PERCENT = 50
# Of the first rows of a table without a header, so many must fit the generation that it is taken for.
FITTING_PERCENT = 90
_SHOWN_NAMES, _SHOWN_CHARACTERS = 10, 60
_OPTION = "--generation"

_AMOUNT = re.compile(
    r"(?:₱|\?|php\.?|p)? ?[+-]?\d[\d, ]*(?:\.\d*)?(?:e[+-]?\d{1,3})?(?: ?php)?", re.IGNORECASE
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_NUMBER = re.compile(r"\d{1,18}(?:\.0+)?")
_DATES = ("award_date", "publish_date", "closing_date", "start_date", "completion_date")
_AMOUNTS = ("contract_amount", "approved_budget")
_NUMBERS = ("reference_id", "award_number")


class NoHeader(Exception):
    """A table without a header that can be used, and why, in words; readers say of which file and sheet."""


@dataclass(frozen=True)
class _Fault:
    """A row that is meant to be a header, and what is wrong with it. ``shared`` names are known."""

    message: str
    shared: int


def match_header(cells: Sequence[str]) -> Header | _Fault | None:
    """What ``cells`` are: the header of a generation, meant to be one but of no use, or no header (None)."""
    if len(cells) > MAX_HEADER_CELLS:
        return None
    names = [" ".join(cell.split()) for cell in cells]
    # A header may end in empty cells: spreadsheets save the whole area that was ever used.
    while names and not normalise_name(names[-1]):
        names.pop()
    keys = list(map(normalise_name, names))
    generation, shared = _pick_nearest(keys)
    found = list(map(generation.name_of, keys))
    fields = {kept for name in found if name and (kept := generation.columns[name])}
    missing = sorted(generation.needed - fields)
    if not _is_meant(generation, shared) and missing:
        return None
    if missing:
        return _Fault(_describe_missing(generation, missing, names), shared)
    if repeated := _list_repeated(generation, found):
        return _Fault(
            f"its header resembles generation {generation.name}, but has twice {_list(repeated)}", shared
        )
    return _make_header(generation, names, found)


def _pick_nearest(keys: Sequence[str]) -> tuple[Generation, int]:
    """The generation that has most of these normalised names, and how many of its columns they are. Names as
    published count more than those of other generations."""
    # S1, S2 and S3 each understand all forty names of S1, so that only the one that publishes them so tells
    # them apart.
    present = set(keys)

    def count(generation: Generation) -> tuple[int, int]:
        published = sum(key in present for key in generation.keys)
        return len(set(map(generation.name_of, present)) - {None}), published

    nearest = max(GENERATIONS, key=count)
    return nearest, count(nearest)[0]


def _is_meant(generation: Generation, shared: int) -> bool:
    return 100 * shared > RESEMBLING_PERCENT * len(generation.columns)


def _describe_missing(generation: Generation, fields: Sequence[str], names: Sequence[str]) -> str:
    columns = [column for field in fields for column in generation.columns_of(field)[:1]]
    return f"its header resembles generation {generation.name}, but lacks {_list(columns)}" + "".join(
        f"; nearest to {column!r} is {near!r}" for column in columns if (near := _pick_similar(column, names))
    )


def _pick_similar(column: str, names: Sequence[str]) -> str | None:
    """The unknown name in a header that is most like ``column``."""
    free = {_sort_words(name): name for name in names if not _is_known(name)}
    near = difflib.get_close_matches(_sort_words(column), free, n=1, cutoff=0.6)
    return free[near[0]] if near else None


def _is_known(name: str) -> bool:
    key = normalise_name(name)
    return any(generation.name_of(key) for generation in GENERATIONS)


def _sort_words(name: str) -> str:
    # Amount of Contract is nearer to Contract Amount than its letters, in their order, are.
    return " ".join(sorted(re.findall(r"[^\W_]+", name.casefold())))


def _list_repeated(generation: Generation, found: Sequence[str | None]) -> list[str]:
    """Columns of a field that stand twice: nobody could tell which of them holds it."""
    return [n for n, times in Counter(found).items() if n and times > 1 and generation.columns[n]]


def _make_header(generation: Generation, names: Sequence[str], found: Sequence[str | None]) -> Header:
    unknown = [_name_place(names, place) for place, name in enumerate(found) if name is None]
    return Header(
        generation=generation,
        width=len(names),
        positions=_place_fields(generation, found),
        names=tuple(names),
        ignored=tuple(unknown),
        missing=tuple(column for column in generation.columns if column not in found),
    )


def _name_place(names: Sequence[str], place: int) -> str:
    return names[place][:_SHOWN_CHARACTERS] or f"(no name, column {place + 1})"


def _place_fields(generation: Generation, found: Sequence[str | None]) -> dict[str, tuple[int, ...]]:
    fields = dict.fromkeys(kept for name in found if name and (kept := generation.columns[name]))
    return {
        field: tuple(found.index(name) for name in generation.columns_of(field) if name in found)
        for field in fields
    }


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown} and {len(names) - _SHOWN_NAMES:,} more"


def get_generation(name: str) -> Generation | None:
    """The generation that people call ``name``."""
    wanted = normalise_name(name)
    return next((g for g in GENERATIONS if wanted in map(normalise_name, (g.name, *g.also))), None)


def list_generations() -> list[str]:
    """The names by which a generation can be named."""
    return [name for generation in GENERATIONS for name in generation.also or (generation.name,)]


def assume_header(generation: Generation) -> Header:
    """The header of a table that is published without one: all columns, in the order of the generation."""
    columns = list(generation.columns)
    positions = _place_fields(generation, columns)
    return Header(generation=generation, width=len(columns), positions=positions, names=())


class HeaderSearch:
    """Looks for the header in the first rows of a table, which are shown to it one after the other.

    ``assumed`` is the generation of tables that have no header. Without it such a table is recognised where
    the kinds of its values fit one generation alone. ``short_rows``: rows may lack empty cells at their right
    end.
    """

    def __init__(self, assumed: Generation | None = None, *, short_rows: bool = False) -> None:
        self._assumed, self._short_rows = assumed, short_rows
        self._rows: list[list[str]] = []
        self._fault: _Fault | None = None
        self._most: tuple[int, int, Generation] | None = None

    def see(self, cells: Sequence[str]) -> Header | None:
        """The header, where this row is it."""
        found = match_header(cells)
        if isinstance(found, Header):
            return found
        self._rows.append([cell.strip() for cell in cells[:MAX_HEADER_CELLS]])
        if found and (self._fault is None or found.shared > self._fault.shared):
            self._fault = found
        return None

    def count_fitting(self, header: Header) -> int:
        """How many values of the rows seen are of the kinds that their columns under ``header`` have.

        0 where these are no rows of its table: they are of another width, or values are of other kinds, or no
        row has an amount, a number and a day.
        """
        rows = [_fit_width(row, header.width, short=self._short_rows) for row in self._rows if any(row)]
        checked = [_check_row(header, row) if row else None for row in rows]
        sound = [kinds for kinds in checked if kinds is not None]
        if 100 * len(sound) < FITTING_PERCENT * len(rows) or not any(
            len(set(k)) == len(_KINDS) for k in sound
        ):
            return 0
        return sum(map(len, sound))

    def describe_fault(self) -> str | None:
        """What is wrong with the row that is meant to be the header, where one is."""
        return self._fault.message if self._fault else None

    def conclude(self) -> Header:
        """The header that a table without one has. Raises NoHeader where nobody can tell."""
        if self._fault:
            raise NoHeader(self._fault.message)
        if self._assumed:
            return assume_header(self._assumed)
        counted = [(self.count_fitting(header), header) for header in map(assume_header, GENERATIONS)]
        # Where two generations fit alike nobody can tell which it is, and the price of a wrong guess is a
        # wrong total.
        most = max(count for count, _ in counted)
        best = [header for count, header in counted if count == most]
        if most and all(header.positions == best[0].positions for header in best):
            return best[0]
        raise NoHeader(self._explain())

    def _explain(self) -> str:
        known = ", ".join(list_generations())
        return (
            f"no known header in the first {HEADER_WITHIN_ROWS} rows{self._describe_nearest()}; if it is"
            f" published without a header, say of which generation it is ({_OPTION} {known})"
        )

    def _describe_nearest(self) -> str:
        counted = [
            (_pick_nearest(list(map(normalise_name, row))), number)
            for number, row in enumerate(self._rows, start=1)
        ]
        (generation, shared), number = max(
            counted, key=lambda one: one[0][1], default=((GENERATIONS[0], 0), 0)
        )
        if not shared:
            return ""
        return (
            f"; the nearest is row {number}, with {shared} of the {len(generation.columns)} names of"
            f" {generation.name}"
        )


def _fit_width(row: Sequence[str], width: int, *, short: bool) -> Sequence[str] | None:
    """The row as one of ``width`` cells, None where it is of another width; empty cells too many are none."""
    if len(row) > width and not any(row[width:]):
        return row[:width]
    return (
        [*row, *[""] * (width - len(row))]
        if short and len(row) < width
        else row
        if len(row) == width
        else None
    )


def _check_row(header: Header, row: Sequence[str]) -> list[str] | None:
    """The kinds of its values; None where one is of another kind than its column."""
    kinds = list[str]()
    for kind, text in _list_kinds(header, row):
        # A day as a number shows nothing, because amounts look the same.
        if text.lower() in NULL_WORDS or (kind == "day" and _SERIAL.fullmatch(text)):
            continue
        if not _KINDS[kind](text):
            return None
        kinds.append(kind)
    return kinds


def _list_kinds(header: Header, row: Sequence[str]) -> Iterator[tuple[str, str]]:
    for kind, fields in (("day", _DATES), ("amount", _AMOUNTS), ("number", _NUMBERS)):
        for field in fields:
            for place in header.positions.get(field, ()):
                yield kind, row[place]


_KINDS = {
    "day": lambda text: parse_stamp(text.removeprefix(DATE_CELL)) is not None,
    "amount": lambda text: _AMOUNT.fullmatch(text) is not None,
    "number": lambda text: _NUMBER.fullmatch(text) is not None,
}


def note_columns(header: Header) -> tuple[Note, ...]:
    """What the report says of the columns of a table."""
    generation = header.generation
    notes = [_note_unknown(generation, name) for name in header.ignored]
    notes += [
        Note(kind="missing_column", subject=name, text=_describe_lack(generation.columns[name], name))
        for name in header.missing
    ]
    if not header.names:
        text = f"it has no header; read by the columns of {generation.name}, in their order"
        notes.append(Note(kind="no_header", subject=generation.name, text=text))
    if generation.remark:
        notes.append(Note(kind="remark", subject=generation.name, text=generation.remark))
    return tuple(notes)


def _note_unknown(generation: Generation, name: str) -> Note:
    if normalise_name(name) == normalise_name(SAMPLE_COLUMN):
        return Note(kind=SAMPLE, subject=name, text="its contracts are invented, the file says")
    text = f"column {name!r} is not read: {generation.name} has none of this name"
    return Note(kind="ignored_column", subject=name, text=text)


def _describe_lack(field: str | None, name: str) -> str:
    effect = f"{field} is missing in its contracts" if field else "nothing is made of it"
    return f"column {name!r} is not in the file: {effect}"
