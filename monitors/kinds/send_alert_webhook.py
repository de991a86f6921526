"""Send an alert to a receiver: the same as process_alert, of channels that post to addresses of users."""

from __future__ import annotations

from data_processing.kinds.kind import TaskKind
from monitors.kinds.process_alert import ProcessAlertRequest, ProcessAlertResult, process_alert

# A kind of its own, so that operators see, count and slow down apart what waits for servers of others.
KIND = TaskKind(
    name="send_alert_webhook",
    task="send_alert_webhook",
    queue="high",
    about="Post an alert to a receiver.",
    request=ProcessAlertRequest,
    result=ProcessAlertResult,
    work=process_alert,
    time_limit_s=60,
    on_dataset=False,
    by_clients=False,
)
