"""Clean up old data: rows that retention settings give up; Beat asks for it."""

from __future__ import annotations

from typing import TypedDict

from contracts.progress import Progress
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from monitors.daily.retention import RULES, remove_old


class CleanupRequest(TaskRequest):
    """All that is old."""

    def describe(self) -> str:
        return "Remove old alerts and figures"


class CleanupResult(TypedDict):
    """How many rows went, by the names of ``monitors.daily.retention.RULES``."""

    removed: dict[str, int]


def clean_up(request: CleanupRequest, context: Context) -> Work:
    """Payload: CleanupResult."""
    removed = {}
    for number, rule in enumerate(RULES):
        yield Progress(phase="removing", current=number, total=len(RULES), unit="kinds of rows")
        removed[rule.name] = remove_old(rule)
    payload: CleanupResult = {"removed": removed}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="cleanup_old_data",
    task="cleanup_old_data_task",
    queue="low",
    about="Remove old alerts, deliveries and figures.",
    request=CleanupRequest,
    result=CleanupResult,
    work=clean_up,
    time_limit_s=1800,
    on_dataset=False,
    by_clients=False,
)
