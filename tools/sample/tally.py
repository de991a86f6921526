"""Counting what becomes of the rows of one file while they are made. Reads nothing back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from tools.sample.answer_key import FileAnswer, RejectedRow, RepairedCell


class Fate(Enum):
    """What a correct import does with a row."""

    AWARD = "imported, or collapsed where the award is there already"
    UNAWARDED = "left out: nobody got the contract"
    DUPLICATE = "left out: the same row stands above"
    REJECTED = "left out and reported"
    BLANK = "not a row"


@dataclass(kw_only=True)
class Line:
    """One row about to be written: ``cells`` in the order of SLOTS and what it is worth.

    ``award`` tells the awards of one notice apart. ``surplus`` is how many fields the row has too many, or,
    below zero, too few. ``repairs`` are the column, value and reason of cells that cannot be used.
    """

    cells: list[str]
    fate: Fate
    centavos: int
    day: int | None
    award: str = ""
    surplus: int = 0
    column: str = ""
    value: str = ""
    reason: str = ""
    repairs: tuple[tuple[str, str, str], ...] = ()


class Tally:
    """The fates of one file's rows."""

    def __init__(self) -> None:
        self.read = self.imported = self.collapsed = self.unawarded = self.duplicates = 0
        self.centavos = self.award_days = self.undated = self.copies = 0
        self.rejected: list[RejectedRow] = []
        self.repaired: list[RepairedCell] = []

    def count_award(self, centavos: int, day: int | None, *, lines: int) -> None:
        """An award without faults on ``lines`` rows."""
        self.read += lines
        self.collapsed += lines - 1
        self._import(centavos, day)

    def count_repeat(self, *, lines: int) -> None:
        """An award that another file has brought already."""
        self.read += lines
        self.collapsed += lines
        self.copies += lines

    def count_unawarded(self, *, lines: int) -> None:
        self.read += lines
        self.unawarded += lines

    def count_lines(self, lines: list[Line], *, first_row: int) -> None:
        """The rows of one notice with faults; a row that needs no repair stands for its award first."""
        shown = find_shown(lines)
        for row, line in enumerate(lines, first_row):
            if line.fate is Fate.BLANK:
                continue
            self.read += 1
            if line.fate is Fate.REJECTED:
                self.rejected.append(
                    RejectedRow(row=row, column=line.column, value=line.value, reason=line.reason)
                )
            elif line.fate is Fate.DUPLICATE:
                self.duplicates += 1
            elif line.fate is Fate.UNAWARDED:
                self.unawarded += 1
            elif line is not shown[line.award]:
                self.collapsed += 1
            else:
                self._import(line.centavos, line.day)
                self.repaired += [
                    RepairedCell(row=row, column=column, value=value, reason=reason)
                    for column, value, reason in line.repairs
                ]

    def answer(self, file: str, generation: str) -> FileAnswer:
        return FileAnswer(
            file=file,
            generation=generation,
            read=self.read,
            imported=self.imported,
            collapsed=self.collapsed,
            unawarded=self.unawarded,
            duplicates=self.duplicates,
            rejected=tuple(self.rejected),
            repaired=tuple(self.repaired),
            total_value=as_pesos(self.centavos),
            award_days=self.award_days,
            undated=self.undated,
            line_items=self.imported + self.collapsed - self.copies,
        )

    def _import(self, centavos: int, day: int | None) -> None:
        self.imported += 1
        self.centavos += centavos
        self.undated += day is None
        self.award_days += day or 0


def find_shown(lines: list[Line]) -> dict[str, Line]:
    """The row of each award that the import holds."""
    members = [line for line in lines if line.fate is Fate.AWARD]
    sound = [line for line in members if not line.repairs]
    return {line.award: line for line in (*members[::-1], *sound[::-1])}


def as_pesos(centavos: int) -> Decimal:
    return Decimal(centavos).scaleb(-2)
