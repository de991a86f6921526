"""Filling one file: notices, faults and repeats in turn, until it has its size. Knows no other file."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from tools.sample.awards import Notice
from tools.sample.draft import draft_award
from tools.sample.faults import FAULTS, faults_of
from tools.sample.files import Row, Sheet, open_sheet
from tools.sample.notation import as_day
from tools.sample.plan import FilePlan
from tools.sample.profiles import Record
from tools.sample.shape import SampleShape
from tools.sample.tally import Fate, Line, Tally

BATCH_ROWS = 5_000
FAULT_GAP = 150
"""Awards between two faults in a large file, on average; small files have them closer."""
ROWS_PER_FAULT = 60
"""No fault is put in where so few rows are left of a size in rows: its rows might not fit."""
MOST_REEXPORTED = 20_000
FILE_FAULTS = ("utc_shift", "repeated_award", "conflicting_repeat", "rescued_award")
"""Faults of a file, or between files, beside those of single rows."""


class Desk(Protocol):
    """Where a file's notices come from. ``shifted``: award dates written as UTC so far."""

    shifted: int

    def draw_award(self) -> Notice: ...

    def draw_unawarded(self) -> Notice: ...

    def render(self, notice: Notice) -> list[Record]: ...


@dataclass(frozen=True, kw_only=True)
class Carried:
    """An award of one file that comes again in another; ``known``: it was imported from the first."""

    notice: Notice
    known: bool


class FileFiller:
    """Fills one file up to its size and tallies what is in it."""

    def __init__(
        self,
        plan: FilePlan,
        desk: Desk,
        *,
        shape: SampleShape,
        rng: random.Random,
        carried: deque[Carried],
        faults: dict[str, int],
    ) -> None:
        self.plan, self.desk, self.rng = plan, desk, rng
        self.tally = Tally()
        self._counts_rows = shape.contracts is None
        self._unawarded_share = shape.unawarded_share
        self._carried, self._faults = carried, faults
        self._pick = plan.layout.pick
        self._rows: list[Row] = []
        self._row = plan.header_row
        awards = plan.size / shape.rows_per_contract if self._counts_rows else plan.size
        kinds = faults_of(plan) if shape.faults else []
        self._kinds = rng.sample(kinds, len(kinds))
        self._gap = max(1.0, min(FAULT_GAP, awards / (1.3 * len(kinds)))) if kinds else 0.0
        self._until_fault = 2
        self._carry_every = max(1, int(awards / 4 / MOST_REEXPORTED))

    @property
    def unit(self) -> str:
        return "rows" if self._counts_rows else "contracts"

    @property
    def done(self) -> int:
        """Units of the plan's size."""
        return self.tally.read if self._counts_rows else self.tally.imported

    def fill(self, path: Path) -> Iterator[int]:
        """Write the file; yields the units done after each batch."""
        with ExitStack() as stack:
            sheet = stack.enter_context(open_sheet(path, bom=self.plan.bom, quoted=self.plan.quoted))
            sheet.write(self._head())
            while self.done < self.plan.size:
                self._add_notice()
                if len(self._rows) >= BATCH_ROWS:
                    yield self._flush(sheet)
            yield self._flush(sheet)

    def _head(self) -> list[Row]:
        lines = ("Philippine Government Electronic Procurement System", "Bid Notice and Award Details", "")
        preamble: list[Row] = [[line] for line in lines[: self.plan.preamble]]
        return [*preamble, self.plan.layout.header]

    def _flush(self, sheet: Sheet) -> int:
        sheet.write(self._rows)
        self._rows = []
        return self.done

    def _add_notice(self) -> None:
        if self.plan.reexport and self._carried and self.rng.random() < 0.5:
            self._add_repeat(self._carried.pop())
        elif self.rng.random() < self._unawarded_share and self.done:
            self._add_unawarded(self._fit(self.desk.draw_unawarded()))
        else:
            self._add_award(self._fit(self.desk.draw_award()))

    def _fit(self, notice: Notice) -> Notice:
        """The notice with no more line items than there are rows left, where rows are what is counted."""
        left = self.plan.size - self.done
        return notice._replace(lines=left) if self._counts_rows and notice.lines > left else notice

    def _add_unawarded(self, notice: Notice) -> None:
        self._write(self.desk.render(notice))
        self.tally.count_unawarded(lines=notice.lines)

    def _add_award(self, notice: Notice) -> None:
        records = self.desk.render(notice)
        self._until_fault -= 1
        if self._kinds and self._until_fault < 1 and self._has_room():
            self._add_faulty_award(notice, records)
            return
        self._write(records)
        day = notice.day if self.plan.dated else None
        self.tally.count_award(notice.centavos, day, lines=notice.lines)
        if self.plan.reexported and self._row % self._carry_every == 0:
            self._carry(notice, known=True)

    def _has_room(self) -> bool:
        return self.plan.size - self.done >= (ROWS_PER_FAULT if self._counts_rows else 2)

    def _add_faulty_award(self, notice: Notice, records: list[Record]) -> None:
        kind = self._kinds.pop()
        self._kinds.insert(0, kind)
        self._until_fault = max(1, round(self._gap * (0.5 + self.rng.random())))
        draft = draft_award(self.plan, self.rng, notice, records)
        FAULTS[kind].inject(draft)
        self._faults[kind] += 1
        imported = self.tally.imported
        self._write_lines(draft.lines)
        lost = self.tally.imported == imported and any(line.fate is Fate.REJECTED for line in draft.lines)
        if self.plan.reexported and lost:
            self._carry(notice, known=False)

    def _carry(self, notice: Notice, *, known: bool) -> None:
        """Keep an award of the first quarter for the re-export of that quarter, lost ones foremost."""
        if notice.day >= as_day(date(self.plan.first.year, 4, 1)):
            return
        if not known:
            self._carried.append(Carried(notice=notice, known=False))
        elif len(self._carried) < MOST_REEXPORTED:
            self._carried.appendleft(Carried(notice=notice, known=True))

    def _add_repeat(self, repeat: Carried) -> None:
        notice = self._fit(repeat.notice)
        if not repeat.known:
            self._faults["rescued_award"] += 1
            self._write(self.desk.render(notice))
            self.tally.count_award(notice.centavos, notice.day, lines=notice.lines)
        elif self.rng.random() < 0.03:
            self._add_conflict(notice)
        else:
            self._faults["repeated_award"] += 1
            self._write(self.desk.render(notice))
            self.tally.count_repeat(lines=notice.lines)

    def _add_conflict(self, notice: Notice) -> None:
        self._faults["conflicting_repeat"] += 1
        other = notice._replace(centavos=notice.centavos + 250_000)
        draft = draft_award(self.plan, self.rng, other, self.desk.render(other))
        for line in draft.lines:
            line.fate, line.column, line.reason = Fate.REJECTED, "contract_amount", "conflicting_amount"
            line.value = self.plan.notation.write_money(other.centavos)
        self._write_lines(draft.lines)

    def _write(self, records: list[Record]) -> None:
        self._rows.extend(map(self._pick, records))
        self._row += len(records)

    def _write_lines(self, lines: list[Line]) -> None:
        self.tally.count_lines(lines, first_row=self._row + 1)
        self._rows.extend(shape_row(self._pick(line.cells), line.surplus) for line in lines)
        self._row += len(lines)


def shape_row(row: tuple[str, ...], surplus: int) -> Row:
    """The row with a field too many, as from a comma that nobody quoted, or cut short."""
    if surplus > 0:
        return (*row[:3], *["unquoted"] * surplus, *row[3:])
    return row[:surplus] if surplus < 0 else row
