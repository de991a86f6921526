"""Check: monitors of one owner compared with a dataset version; the sweep asks for it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from pydantic import Field

from contracts.progress import Progress
from contracts.snapshot.arrays import sparing_memory
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from monitors.checking.check import check
from monitors.questions import Identity

MOST = 50
# Indexes find what is meant; DuckDB reads the rows that an alert tells of. Of a half of this it runs out.
MEMORY_MB = 150


class CheckRequest(TaskRequest):
    """Which ``monitors``."""

    monitors: Annotated[tuple[Identity, ...], Field(min_length=1, max_length=MOST)]

    def describe(self) -> str:
        return f"Check {len(self.monitors)} monitors"


class CheckResult(TypedDict):
    """How many monitors were compared, how many contracts they told of, and how many had nothing to do."""

    checked: int
    told: int
    idle: int


def check_monitors(request: CheckRequest, context: Context) -> Work:
    """Payload: CheckResult. What one check has recorded stays, whatever becomes of the others."""
    told: list[int | None] = []
    for number, monitor in enumerate(request.monitors):
        yield Progress(phase="checking", current=number, total=len(request.monitors), unit="monitors")
        with sparing_memory(), context.open_reader(memory_mb=MEMORY_MB) as reader:
            told.append(check(monitor, reader, version=context.dataset_version))
    found = [one for one in told if one is not None]
    payload: CheckResult = {"checked": len(found), "told": sum(found), "idle": len(told) - len(found)}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="check",
    task="check_monitor_task",
    queue="normal",
    about="Compare monitors with a dataset version.",
    request=CheckRequest,
    result=CheckResult,
    work=check_monitors,
    time_limit_s=600,
    by_clients=False,
)
