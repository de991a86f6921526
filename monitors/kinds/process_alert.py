"""Process alert: one try to send an alert to its owner; the sweep asks for it."""

from __future__ import annotations

from typing import TypedDict

from contracts.progress import Progress
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from monitors.questions import Identity
from monitors.sending.tries import send


class ProcessAlertRequest(TaskRequest):
    """Which ``delivery``."""

    delivery: Identity

    def describe(self) -> str:
        return "Send an alert"


class ProcessAlertResult(TypedDict):
    """How the delivery stands; empty where there was nothing to send now, or another run sends it."""

    states: list[str | None]


def process_alert(request: ProcessAlertRequest, context: Context) -> Work:
    """Payload: ProcessAlertResult. That the other side has not taken it is no failure of the run: the
    delivery says when it is tried again."""
    yield Progress(phase="sending", current=0, total=1, unit="alerts")
    payload: ProcessAlertResult = {"states": send([request.delivery])}
    return Outcome(payload=payload)


KIND = TaskKind(
    name="process_alert",
    task="process_alert_task",
    queue="high",
    about="Send an alert to its owner.",
    request=ProcessAlertRequest,
    result=ProcessAlertResult,
    work=process_alert,
    time_limit_s=60,
    on_dataset=False,
    by_clients=False,
)
