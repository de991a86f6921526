"""Post alerts to receivers, all at once; the sweep asks for it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from pydantic import Field

from contracts.progress import Progress
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from monitors.questions import Identity
from monitors.sending.tries import send

MOST = 50


class SendAlertWebhookRequest(TaskRequest):
    """Which ``deliveries``."""

    deliveries: Annotated[tuple[Identity, ...], Field(min_length=1, max_length=MOST)]

    def describe(self) -> str:
        return f"Post {len(self.deliveries)} alerts"


class SendAlertWebhookResult(TypedDict):
    """How those deliveries stand that were tried; null where another run has taken one over."""

    states: list[str | None]


def send_alert_webhook(request: SendAlertWebhookRequest, context: Context) -> Work:
    """Payload: SendAlertWebhookResult. That the other side has not taken one is no failure of the run: the
    delivery says when it is tried again."""
    yield Progress(phase="sending", current=0, total=len(request.deliveries), unit="alerts")
    payload: SendAlertWebhookResult = {"states": send(request.deliveries)}
    return Outcome(payload=payload)


# Servers of others may be slow, and people wait in the same lane for their searches. So the sweep asks for
# one run at a time, which posts many at once: however many servers are slow, they hold one process, for the
# time of one.
KIND = TaskKind(
    name="send_alert_webhook",
    task="send_alert_webhook",
    queue="high",
    about="Post alerts to receivers.",
    request=SendAlertWebhookRequest,
    result=SendAlertWebhookResult,
    work=send_alert_webhook,
    time_limit_s=60,
    on_dataset=False,
    by_clients=False,
)
