"""The parts of one attempt's export, as files in the export folder that all workers see: what each part is,
who writes it, how far it is, which are done.

    <run>.<attempt>.split.plan.part                 what the parts are, JSON; while it exists, they are wanted
    <run>.<attempt>.split.<part>.<turn>.claim.part  who made it writes the part; holds the rows done so far
    <run>.<attempt>.split.<part>.<turn>.data.part   what that writer has written
    <run>.<attempt>.split.<part>.done.part          a whole part

Of a writer that went silent the next turn takes over, with files of its own.
"""

from __future__ import annotations

import itertools
import json
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from data_processing.outputs import files

NOTE_EVERY_S = 0.25

PartPlan = Mapping[str, JsonValue]
"""What must be known to write a part, as JSON: ``start`` and ``stop`` of its rows, and what a format adds."""


def rows_of(plan: PartPlan) -> range:
    """The places of the part's rows in the export."""
    return range(cast(int, plan["start"]), cast(int, plan["stop"]))


class Parts:
    """The parts of one attempt."""

    def __init__(self, run_id: uuid.UUID, *, attempt: int) -> None:
        self._run_id, self._attempt = run_id, attempt

    def publish(self, plans: Sequence[PartPlan]) -> None:
        """From now on others may claim parts."""
        draft = files.partial_path(self._run_id, attempt=self._attempt, suffix="split.draft")
        draft.write_text(json.dumps(plans), encoding="utf-8")
        # By a rename, so that nobody reads half of it.
        draft.rename(self._path("plan"))

    def read_plans(self) -> list[PartPlan] | None:
        """None when the parts are not wanted any more, or another version wrote what they are."""
        try:
            plans = json.loads(self._path("plan").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return plans if isinstance(plans, list) and all(map(_is_plan, plans)) else None

    def claim(self, part: int, *, turn: int = 0) -> PartClaim | None:
        """The right to write the part; None when it is done, claimed, or not wanted."""
        if self.get_done(part) is not None:
            return None
        try:
            claim = PartClaim(self, part, turn=turn)
        except FileExistsError:
            return None
        # Asked once the claim is there: who ends the work removes the plan first and the files then, so that
        # nothing is left, whoever is faster.
        if not self.wanted:
            claim.give_back()
            return None
        return claim

    def get_done(self, part: int) -> Path | None:
        path = self._path(f"{part}.done")
        return path if path.exists() else None

    def read_sign(self, part: int, *, turn: int) -> tuple[int, int] | None:
        """When the writer last gave a sign of life (ns) and its rows done; None where there is no claim."""
        try:
            with self._path(f"{part}.{turn}.claim").open("rb") as claim:
                rows = claim.read()
                return os.fstat(claim.fileno()).st_mtime_ns, int(rows) if rows.isdigit() else 0
        except FileNotFoundError:
            return None

    @property
    def wanted(self) -> bool:
        return self._path("plan").exists()

    def remove(self, *, turns: int = 0) -> None:
        """End the work: nobody may claim a part from now on, and all files go. ``turns`` is how often parts
        are known to have been taken over; further turns are found by their claims, one after the other."""
        plans = self.read_plans() or []
        # The plan before all files: who makes one looks for the plan afterwards.
        for suffix in ("plan", "draft"):
            self._path(suffix).unlink(missing_ok=True)
        for part in range(len(plans)):
            self._remove_part(part, turns=turns)

    def _remove_part(self, part: int, *, turns: int) -> None:
        self._path(f"{part}.done").unlink(missing_ok=True)
        for turn in itertools.count():
            claim = self._path(f"{part}.{turn}.claim")
            if turn > turns and not claim.exists():
                return
            self._path(f"{part}.{turn}.data").unlink(missing_ok=True)
            claim.unlink(missing_ok=True)

    def _path(self, suffix: str) -> Path:
        name = files.partial_name(self._run_id, attempt=self._attempt, suffix=f"split.{suffix}")
        return files.absolute_path(name)


def _is_plan(plan: object) -> bool:
    if not isinstance(plan, dict):
        return False
    start, stop = plan.get("start"), plan.get("stop")
    return isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop


class PartClaim:
    """The right to write one part, as long as its writer gives signs of life. Raises FileExistsError."""

    def __init__(self, parts: Parts, part: int, *, turn: int) -> None:
        self.part = part
        self._parts = parts
        self._sign = parts._path(f"{part}.{turn}.claim")
        self._done = parts._path(f"{part}.done")
        self.data = parts._path(f"{part}.{turn}.data")
        self._noted = 0.0
        # O_EXCL: of all that try at once, one makes the file. NFS keeps to that from version 4 on.
        os.close(os.open(self._sign, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))

    def note(self, rows: int) -> None:
        """Let others see how far the part is, at most four times a second."""
        if time.monotonic() - self._noted >= NOTE_EVERY_S:
            self._noted = time.monotonic()
            # Of constant length, so that a reader sees the old number or the new one.
            self._overwrite(b"%020d" % rows)

    def beat(self) -> None:
        """A sign of life while there are no new rows. Raises FileNotFoundError when the work has ended."""
        os.utime(self._sign)

    def finish(self) -> None:
        """The part is whole. Raises FileNotFoundError when the work has ended."""
        # One who was silent and wakes up comes here too: equal bytes take the place of equal bytes.
        self.data.rename(self._done)
        if not self._parts.wanted:
            self._done.unlink(missing_ok=True)

    def give_back(self) -> None:
        """Leave the part to others."""
        self.data.unlink(missing_ok=True)
        self._sign.unlink(missing_ok=True)

    def _overwrite(self, text: bytes) -> None:
        sign = os.open(self._sign, os.O_WRONLY)
        try:
            os.pwrite(sign, text, 0)
        finally:
            os.close(sign)
