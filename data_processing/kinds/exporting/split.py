"""One export shared by several workers. The holder of the run offers its parts, writes those that nobody has
taken, takes over from writers that went silent, and joins the parts. Where all other workers are busy, it
writes all of them, one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

from django.conf import settings

from contracts.progress import Progress
from contracts.writers.outfile import Writing, translate_full_disk
from data_processing.kinds.context import Context
from data_processing.outputs.parts import NOTE_EVERY_S, PartClaim, PartPlan, Parts, rows_of

WAIT_S = 0.1

WritePart = Callable[[PartPlan, Path], Writing]
JoinParts = Callable[[Sequence[Path]], Writing]


def write_split(plans: Sequence[PartPlan], *, write: WritePart, join: JoinParts, context: Context) -> Writing:
    """Write all parts of ``plans``, with whoever helps, and join them; yields rows done of all.

    However it ends, none of the parts' files is left, nor of those of an earlier attempt that was killed.
    Raises what the writers raise.
    """
    parts = Parts(context.run_id, attempt=context.attempt)
    work = _Work(parts, plans)
    for earlier in range(1, context.attempt):
        Parts(context.run_id, attempt=earlier).remove()
    try:
        with translate_full_disk():
            parts.publish(plans)
            # The holder begins with the first part at once.
            context.offer_parts(range(1, len(plans)))
            for part in range(len(plans)):
                yield from work.take(part, write)
            while waiting := work.list_missing():
                for part in waiting:
                    yield from work.take(part, write)
                yield work.count()
                time.sleep(WAIT_S)
            written = yield from join([work.path(part) for part in range(len(plans))])
    finally:
        parts.remove(turns=work.turns)
    return written


def fill_part(claim: PartClaim, plan: PartPlan, write: WritePart) -> Generator[Progress, None, None]:
    """Write a claimed part, yielding rows done of it. When it ends early, the part is given back."""
    try:
        with closing(write(plan, claim.data)) as writing:
            for progress in writing:
                claim.note(progress.current)
                yield progress
        claim.finish()
    except BaseException:
        claim.give_back()
        raise


class _Work:
    """What the holder knows of the parts."""

    def __init__(self, parts: Parts, plans: Sequence[PartPlan]) -> None:
        self._parts = parts
        self._plans = plans
        self._total = sum(len(rows_of(plan)) for plan in plans)
        self._rows = [0] * len(plans)
        self._turns = [0] * len(plans)
        self._signs: dict[int, tuple[tuple[int, int] | None, float]] = {}
        self._counted = 0.0
        self._most = 0

    def take(self, part: int, write: WritePart) -> Generator[Progress, None, None]:
        """Write the part here, unless somebody else does it or has done it."""
        # A turn has files of its own: a writer that wakes up must not write into those of the next one.
        if self._is_silent(part):
            self._turns[part] += 1
        claim = self._parts.claim(part, turn=self._turns[part])
        if claim is None:
            return
        with closing(fill_part(claim, self._plans[part], write)) as filling:
            for progress in filling:
                self._rows[part] = progress.current
                yield self.count(but=part)

    @property
    def turns(self) -> int:
        """How often the part that was taken over most has been."""
        return max(self._turns, default=0)

    def list_missing(self) -> list[int]:
        return [part for part in range(len(self._plans)) if self._parts.get_done(part) is None]

    def path(self, part: int) -> Path:
        done = self._parts.get_done(part)
        assert done is not None
        return done

    def count(self, *, but: int | None = None) -> Progress:
        """Rows done of all parts. What others have done is read four times a second; part ``but`` is written
        here."""
        if time.monotonic() - self._counted >= NOTE_EVERY_S:
            self._counted = time.monotonic()
            for part, plan in enumerate(self._plans):
                if part != but and self._rows[part] < len(rows_of(plan)):
                    self._rows[part] = self._read_rows(part)
        # A part that is taken over begins again; what was shown is not taken back.
        self._most = max(self._most, sum(self._rows))
        return Progress(phase="writing rows", current=self._most, total=self._total)

    def _read_rows(self, part: int) -> int:
        if self._parts.get_done(part) is not None:
            return len(rows_of(self._plans[part]))
        sign = self._parts.read_sign(part, turn=self._turns[part])
        return sign[1] if sign else 0

    def _is_silent(self, part: int) -> bool:
        """Whether nothing has changed for so long that the writer must be gone."""
        # Its times are not compared with now, only with each other: its clock, or the disk's, may differ.
        sign, now = self._parts.read_sign(part, turn=self._turns[part]), time.monotonic()
        known, since = self._signs.get(part, (None, now))
        if sign is None or sign != known:
            self._signs[part] = (sign, now)
            return False
        return now - since > settings.LEASE_S
