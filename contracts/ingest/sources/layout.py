"""What a source of raw files says about itself: its generations, their columns, and how a name is
compared."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

_MARKS = re.compile(r"[\W_]+")
SAMPLE_COLUMN = "Sample data (invented)"
"""A column by which a raw file says that its contracts are invented, whatever its cells hold."""


def normalise_name(text: str) -> str:
    """The form in which header names are compared: letters and digits alone."""
    # Spreadsheets, R and pandas each change the marks between them. PhilGEPS itself wrote Efectivity up to S3
    # and writes Effectivity since S4.
    return _MARKS.sub("", html.unescape(text)).casefold().replace("efectivity", "effectivity")


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One kind of raw file.

    ``columns``: name in the header, as published and in file order -> field, or None for a column not kept;
    columns of one field are joined in the order of ``joined``. ``spellings``: normalised other name of a
    column -> its name here. ``constants``: fields that are the same in every row. A header must have a column
    for each of the ``needed`` fields; ``expected`` ones are missed where an awarded row lacks them.
    ``system`` gave out the numbers: equal ones of two systems are strangers. ``also`` are further names that
    people know it by. ``remark`` is what has to be known of every such file.
    """

    name: str
    source: str
    system: str
    columns: dict[str, str | None]
    needed: frozenset[str]
    expected: frozenset[str]
    also: tuple[str, ...] = ()
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    remark: str = ""

    def name_of(self, key: str) -> str | None:
        """The column that a cell of a header names, by its normalised text."""
        return self._lookup.get(key)

    def columns_of(self, field: str) -> tuple[str, ...]:
        """The columns that make a field, in the order in which they are joined."""
        return self.joined.get(field) or tuple(name for name, kept in self.columns.items() if kept == field)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The normalised names of the columns."""
        return tuple(map(normalise_name, self.columns))

    @cached_property
    def _lookup(self) -> dict[str, str]:
        return {**self.spellings, **dict(zip(self.keys, self.columns, strict=True))}


@dataclass(frozen=True, kw_only=True)
class Header:
    """The columns of a table as found. ``width`` columns are named; ``positions`` says where the texts of a
    field stand: in one column, or in several that are joined. ``names`` are those of the columns as the file
    has them, none where it has no header: then the values told it, or a person did. ``ignored`` are the
    columns that its generation does not have, ``missing`` those that it should have.
    """

    generation: Generation
    width: int
    positions: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_columns(text: str) -> dict[str, str | None]:
    """``Header=field | Header | ...`` in file order."""
    pairs = [" ".join(entry.split()).partition("=") for entry in text.split("|")]
    return {header: kept or None for header, _, kept in pairs}


def pair_spellings(columns: Iterable[str], groups: Iterable[str]) -> dict[str, str]:
    """For each column the other names that ``groups`` (``Name | Other name | ...``) have for it."""
    return dict(_pair(list(columns), groups))


def _pair(columns: list[str], groups: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = {normalise_name(column) for column in columns}
    for group in groups:
        names = [" ".join(name.split()) for name in group.split("|")]
        for column in columns:
            if column in names:
                yield from ((normalise_name(n), column) for n in names if normalise_name(n) not in known)
