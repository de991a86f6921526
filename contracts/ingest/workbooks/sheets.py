"""Which sheets of a workbook are read, and under which header: decided from the first rows of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.ingest.sources import Generation, Header
from contracts.ingest.tables.headers import HeaderSearch, NoHeader, assume_header, note_columns
from contracts.ingest.workbooks.package import BadWorkbook
from contracts.ingest.workbooks.parts import SheetPart
from contracts.snapshot.versions import Note

FirstRows = Sequence[tuple[int, Sequence[str]]]
"""The first rows of a sheet: their numbers and texts."""


class BadSheet(BadWorkbook):
    """A workbook that cannot be read because of what stands in one of its sheets, which is sound as such."""

    def __init__(self, message: str, *, sheet: str | None = None) -> None:
        super().__init__(message)
        self.sheet = sheet


@dataclass(frozen=True, kw_only=True)
class SheetPlan:
    """A sheet to be read: the rows after number ``above`` are those of its table."""

    place: int
    part: SheetPart
    header: Header
    above: int


@dataclass(kw_only=True)
class _Seen:
    place: int
    part: SheetPart
    search: HeaderSearch
    header: Header | None
    above: int
    is_empty: bool


def plan_sheets(
    sheets: Iterable[tuple[SheetPart, FirstRows]], assumed: Generation | None
) -> tuple[list[SheetPlan], tuple[Note, ...]]:
    """The sheets that are read, and what the report says of them and of the others.

    A sheet that has no header but goes on as the rows under the first header do, belongs to that one: Excel
    ends a sheet at 1,048,576 rows. Raises BadSheet.
    """
    seen = [_look(place, part, rows) for place, (part, rows) in enumerate(sheets)]
    # To leave a sheet out for one column of its header would lose all its rows.
    _refuse_resembling(seen)
    # A header on any sheet says more than the values of those before it.
    first = next((one.header for one in seen if one.header), None) or _assume_header(seen, assumed)
    plans, notes = [], list[Note]()
    for one in seen:
        header = one.header or (first if one.search.count_fitting(first) else None)
        if header is None:
            notes.append(_note_left_out(one))
            continue
        # One file is one generation: all its dates have one order, and its account one name.
        if header.generation is not first.generation:
            raise BadSheet(f"its sheets are of {first.generation.name} and {header.generation.name}")
        plans.append(SheetPlan(place=one.place, part=one.part, header=header, above=one.above))
        if header is not first:
            notes += note_columns(header)
        elif not one.header and plans[0].part is not one.part:
            notes.append(_note_continued(one.part.name, plans[0].part.name))
    # The generation was named by hand, and no rows fit it: they are read all the same, and rejected by
    # number.
    if not plans:
        rows = [one for one in seen if not one.is_empty]
        plans = [SheetPlan(place=one.place, part=one.part, header=first, above=0) for one in rows[:1]]
        notes = [_note_left_out(one) for one in seen if one not in rows[:1]]
    return plans, (*note_columns(first), *notes)


def _look(place: int, part: SheetPart, rows: FirstRows) -> _Seen:
    search = HeaderSearch(short_rows=True)
    for number, cells in rows:
        if header := search.see(cells):
            return _Seen(place=place, part=part, search=search, header=header, above=number, is_empty=False)
    is_empty = not any(cell.strip() for _, cells in rows for cell in cells)
    return _Seen(place=place, part=part, search=search, header=None, above=0, is_empty=is_empty)


def _refuse_resembling(seen: Sequence[_Seen]) -> None:
    for one in seen:
        if one.header is None and (message := one.search.describe_fault()):
            raise BadSheet(message, sheet=one.part.name)


def _assume_header(seen: Sequence[_Seen], assumed: Generation | None) -> Header:
    """The header of a workbook in which no sheet has one."""
    if assumed:
        return assume_header(assumed)
    reason = "no sheet has rows"
    for one in seen:
        if one.is_empty:
            continue
        try:
            return one.search.conclude()
        except NoHeader as fault:
            reason = str(fault)
    raise BadSheet(f"no sheet has a known header: {reason}")


def _note_left_out(one: _Seen) -> Note:
    name = one.part.name
    why = (
        "it is empty"
        if one.is_empty
        else "none of its first rows is a header, nor are they rows of the table"
    )
    return Note(kind="left_out_sheet", subject=name, text=f"sheet {name!r} is not read: {why}")


def _note_continued(name: str, first: str) -> Note:
    text = f"sheet {name!r} has no header and goes on with the table of {first!r}"
    return Note(kind="continued_sheet", subject=name, text=text)
