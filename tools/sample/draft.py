"""The rows of one awarded notice while faults are put into them. Knows no kinds of faults."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tools.sample.awards import Notice
from tools.sample.layouts import SLOT
from tools.sample.plan import FilePlan
from tools.sample.profiles import Record
from tools.sample.tally import Fate, Line

NULL_SPELLINGS = (
    *("NULL", "nan", "None", "", "null", "NaN", "none"),
    *("N/A", "-", "#N/A", r"\N", "NaT", "(null)", "#REF!"),
)
AWARDING_SLOTS = ("award_number", "awardee_name", "contract_amount")
"""All of these missing: nobody got the contract."""


@dataclass(kw_only=True)
class Draft:
    """The rows of one awarded notice, before they are written."""

    plan: FilePlan
    rng: random.Random
    notice: Notice
    lines: list[Line]

    def put(self, slot: str, text: str) -> None:
        """The same text on all rows, as facts of the notice or the award repeat."""
        for line in self.lines:
            line.cells[SLOT[slot]] = text

    def reject(self, slot: str, text: str, reason: str) -> None:
        """Put a bad text on the first row or on all, and have these rows rejected for it."""
        for line in self.lines[: self.rng.choice((1, len(self.lines)))]:
            line.cells[SLOT[slot]] = text
            line.fate, line.column, line.value, line.reason = Fate.REJECTED, slot, text, reason

    def repair(self, slot: str, text: str, reason: str, *, everywhere: bool = False) -> None:
        """Put a bad text on the first row or on all, which costs these rows this cell."""
        for line in self.lines[: len(self.lines) if everywhere else self.rng.choice((1, len(self.lines)))]:
            line.cells[SLOT[slot]] = text
            line.repairs += ((slot, text, reason),)
            line.day = None if slot == "award_date" else line.day

    def copy_last(self, **changes: object) -> Line:
        """Another row like the last one, put below it."""
        last = self.lines[-1]
        line = replace(last, cells=list(last.cells), **changes)  # type: ignore[arg-type]  # fields of Line by name
        self.lines.append(line)
        return line

    def add_line(self, **changes: object) -> Line:
        """A further line item of the last row's award."""
        line = self.copy_last(**changes)
        number = SLOT["line_number"]
        line.cells[number] = str(int(line.cells[number]) + 1)
        return line


def draft_award(plan: FilePlan, rng: random.Random, notice: Notice, records: list[Record]) -> Draft:
    """An award's rows without faults."""
    lines = [
        Line(
            cells=list(cells),
            fate=Fate.AWARD,
            centavos=notice.centavos,
            day=notice.day if plan.dated else None,
        )
        for cells in records
    ]
    return Draft(plan=plan, rng=rng, notice=notice, lines=lines)


def leave_unawarded(draft: Draft) -> None:
    for line in draft.lines:
        line.fate = Fate.UNAWARDED
        for slot in AWARDING_SLOTS:
            line.cells[SLOT[slot]] = draft.rng.choice(NULL_SPELLINGS)
