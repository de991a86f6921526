"""Rehearsal: a task that does as it is told, for drills and measurements. Off unless REHEARSALS is set."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated, TypedDict

from contracts.progress import Progress
from contracts.questions.numbers import Whole
from contracts.questions.texts import OneOf
from data_processing.errors import RehearsedFailure
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest

STEP_S = 0.05
MAX_NUMBER = 10**12
MAX_STEPS = 100_000
FATES = ("succeed", "fail", "crash")


class RehearsalRequest(TaskRequest):
    """``number`` tells rehearsals apart; ``steps`` of 50 ms each, then its ``fate``."""

    number: Annotated[int, Whole(0, MAX_NUMBER)] = 0
    steps: Annotated[int, Whole(0, MAX_STEPS)] = 0
    fate: Annotated[str, OneOf(FATES, "fate")] = "succeed"

    def describe(self) -> str:
        return f"Rehearsal {self.number}: {self.steps} steps, then {self.fate}"


class RehearsalResult(TypedDict):
    """What a rehearsal that succeeds gives."""

    number: int


def rehearse(request: RehearsalRequest, context: Context) -> Work:
    """Payload: the number. Raises RehearsedFailure; or kills its own process."""
    for step in range(request.steps):
        yield Progress(phase="rehearsing", current=step, total=request.steps, unit="steps")
        time.sleep(STEP_S)
    # As by the kernel when memory is short: nothing is tidied up, and nobody is told.
    if request.fate == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if request.fate == "fail":
        raise RehearsedFailure("failed as it was told")
    payload: RehearsalResult = {"number": request.number}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="rehearsal",
    task="rehearse",
    queue="high",
    about="Do as the request says, for drills and measurements.",
    request=RehearsalRequest,
    result=RehearsalResult,
    work=rehearse,
    time_limit_s=600,
    on_dataset=False,
    switch="REHEARSALS",
)
