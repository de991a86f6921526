"""Rehearsal: a task that does as it is told, for drills and measurements. Off unless REHEARSALS is set."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any, TypedDict

from contracts.progress import Progress
from contracts.questions.reading import choice, integer, reject_unknown
from data_processing.errors import RehearsedFailure
from data_processing.kinds.context import Context, Outcome, Work

STEP_S = 0.05
MAX_NUMBER = 10**12
MAX_STEPS = 100_000
FATES = ("succeed", "fail", "crash")


class RehearsalResult(TypedDict):
    """What a rehearsal that succeeds gives."""

    number: int


def parse(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical request: ``number`` tells rehearsals apart, ``steps`` of 50 ms each, then its ``fate``.
    Raises contracts.errors.InvalidQuery."""
    reject_unknown(data, ("number", "steps", "fate"))
    return {
        "number": integer(data.get("number"), "/number", low=0, high=MAX_NUMBER, default=0),
        "steps": integer(data.get("steps"), "/steps", low=0, high=MAX_STEPS, default=0),
        "fate": choice(data.get("fate"), "/fate", FATES, default="succeed"),
    }


def describe(request: Mapping[str, Any]) -> str:
    wanted = parse(request)
    return f"Rehearsal {wanted['number']}: {wanted['steps']} steps, then {wanted['fate']}"


def rehearse(request: Mapping[str, Any], context: Context) -> Work:
    """Payload: the number. Raises RehearsedFailure; or kills its own process."""
    request = parse(request)
    steps = request["steps"]
    for step in range(steps):
        yield Progress(phase="rehearsing", current=step, total=steps, unit="steps")
        time.sleep(STEP_S)
    if request["fate"] == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if request["fate"] == "fail":
        raise RehearsedFailure("failed as it was told")
    payload: RehearsalResult = {"number": request["number"]}
    return Outcome(payload=payload)
