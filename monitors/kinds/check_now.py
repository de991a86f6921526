"""Check now: one monitor, because its owner waits for it."""

from __future__ import annotations

from data_processing.kinds.kind import TaskKind
from monitors.kinds.check import CheckRequest, CheckResult, check_monitors

# Not in the queue `critical`: what keeps the promises to all waits for nothing that a person asked for. Here
# it comes before all exports, and among what others wait for.
KIND = TaskKind(
    name="check_now",
    task="check_monitor_user_triggered",
    queue="high",
    about="Compare a monitor with a dataset version, because somebody waits for it.",
    request=CheckRequest,
    result=CheckResult,
    work=check_monitors,
    time_limit_s=120,
    by_clients=False,
)
