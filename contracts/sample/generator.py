"""Writing a whole sample: files of every generation with their faults, and the answer key beside them."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from contracts.progress import Progress
from contracts.sample.answer_key import AnswerKey, FileAnswer
from contracts.sample.awards import Notice, NoticeDesk, Record
from contracts.sample.faults import FAULTS, draft_award, faults_of
from contracts.sample.files import Row, Sheet, open_sheet
from contracts.sample.flood import FloodDesk, plan_flood
from contracts.sample.market import Market
from contracts.sample.notation import as_day
from contracts.sample.plan import FLOOD_FILE, FilePlan, plan_files
from contracts.sample.tally import Fate, Line, Tally

AS_OF = date(2025, 12, 31)
BATCH_ROWS = 5_000
FAULT_GAP = 150
"""Awards between two faults in a large file, on average; small files have them closer."""
MOST_REEXPORTED = 20_000
FILE_FAULTS = ("utc_shift", "repeated_award", "conflicting_repeat", "rescued_award")
"""Faults of a file, or between files, beside those of single rows."""
ROWS_PER_FAULT = 60
"""No fault is put in where so few rows are left of a size in rows: its rows might not fit."""


@dataclass(frozen=True, kw_only=True)
class SampleShape:
    """How large and how dirty a sample is: exactly one of ``contracts`` and ``rows`` is given.

    ``contracts``: awards that a correct import holds from the main source. ``rows``: raw rows in all files
    together. ``flood_rows``: rows of the second source (imported ones when ``contracts`` is given), else 1 %.
    """

    contracts: int | None = None
    rows: int | None = None
    seed: int = 1
    unawarded_share: float = 0.33
    lines_per_award: float = 1.6
    faults: bool = True
    flood_rows: int | None = None

    def __post_init__(self) -> None:
        if (self.contracts is None) == (self.rows is None):
            raise ValueError("a sample is measured in contracts or in rows: give one of them")
        if self.main_size < 0 or self.flood_size < 0:
            raise ValueError(f"a sample cannot have a negative size: {self}")
        if not 0 <= self.unawarded_share < 1:
            raise ValueError(f"unawarded_share must be from 0 to below 1, got {self.unawarded_share}")
        if not 1 <= self.lines_per_award <= 10:
            raise ValueError(f"lines_per_award must be from 1 to 10, got {self.lines_per_award}")

    @property
    def flood_size(self) -> int:
        size = self.contracts if self.contracts is not None else self.rows or 0
        return -(-size // 100) if self.flood_rows is None else self.flood_rows

    @property
    def main_size(self) -> int:
        return self.contracts if self.contracts is not None else (self.rows or 0) - self.flood_size

    @property
    def rows_per_contract(self) -> float:
        return self.lines_per_award / (1 - self.unawarded_share)


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


def generate(shape: SampleShape, out: Path) -> Generator[Progress, None, AnswerKey]:
    """Write the sample's files and ``answer-key.json`` into ``out``; equal shapes give equal bytes.

    Yields progress in contracts or rows, as the shape is measured, and returns the answer key.
    """
    out.mkdir(parents=True, exist_ok=True)
    total = shape.main_size + shape.flood_size
    done, answers, faults, carried = 0, [], dict.fromkeys((*FAULTS, *FILE_FAULTS), 0), list[Carried]()
    for filler in _plan_fillers(shape, carried, faults):
        for units in filler.fill(out / filler.plan.name):
            yield Progress(phase="generate", current=done + units, total=total, unit=filler.unit)
        done += filler.plan.size
        faults["utc_shift"] += filler.desk.shifted
        answers.append(filler.tally.answer(filler.plan.name, filler.plan.layout.generation))
    key = _make_key(shape, answers, faults)
    key.write(out)
    return key


def _plan_fillers(shape: SampleShape, carried: list[Carried], faults: dict[str, int]) -> Iterator[FileFiller]:
    per_unit = 1.0 if shape.contracts is None else shape.rows_per_contract
    contracts = shape.contracts or int(shape.main_size / shape.rows_per_contract)
    market = Market(shape.seed, max(contracts, 1))
    for number, planned in enumerate(plan_files(shape.main_size, rows_per_unit=per_unit)):
        plan = planned if shape.faults else _tidy(planned)
        rng = random.Random(f"{shape.seed}/{plan.name}")
        desk = NoticeDesk(plan, number, market=market, lines_per_award=shape.lines_per_award, rng=rng)
        yield FileFiller(plan, desk, shape=shape, rng=rng, carried=carried, faults=faults)
    if shape.flood_size:
        plan = plan_flood(shape.flood_size)
        rng = random.Random(f"{shape.seed}/{plan.name}")
        yield FileFiller(
            plan,
            FloodDesk(plan, market=market, rng=rng),
            shape=replace(shape, unawarded_share=0.0),
            rng=rng,
            carried=[],
            faults=faults,
        )


def _tidy(plan: FilePlan) -> FilePlan:
    """The plan without what is a fault of the file as a whole."""
    return replace(plan, notation=replace(plan.notation, utc=False), reexported=False, reexport=False)


def _make_key(shape: SampleShape, answers: list[FileAnswer], faults: dict[str, int]) -> AnswerKey:
    flood = [answer for answer in answers if answer.file == FLOOD_FILE]
    return AnswerKey(
        as_of=AS_OF,
        seed=shape.seed,
        rows=sum(answer.imported for answer in answers),
        total_value=sum((answer.total_value for answer in answers), start=Decimal("0.00")),
        flood_rows=sum(answer.imported for answer in flood),
        flood_value=sum((answer.total_value for answer in flood), start=Decimal("0.00")),
        faults={kind: count for kind, count in sorted(faults.items()) if count},
        files=tuple(answers),
    )


class FileFiller:
    """Fills one file up to its size and tallies what is in it."""

    def __init__(
        self,
        plan: FilePlan,
        desk: Desk,
        *,
        shape: SampleShape,
        rng: random.Random,
        carried: list[Carried],
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
        self.tally.count_award(notice.centavos, notice.day, lines=notice.lines)
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
        """Keep an award of the first quarter for the re-export of that quarter."""
        if notice.day < as_day(date(self.plan.first.year, 4, 1)) and len(self._carried) < MOST_REEXPORTED:
            self._carried.append(Carried(notice=notice, known=known))

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
