"""A run's task in Celery's worker: what its message asks for, and what monitors hear of its end.

The child process that does the work knows how the run stands. It hands that to the worker's main process,
which has a connection to the broker for such news and sends it if somebody listens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery.exceptions import Ignore

from data_processing.lifecycle.reports import EVENTS, Report
from data_processing.models import State
from data_processing.worker.consumer import SafeRequest, SafeTask


class NotSucceeded(Ignore):
    """Ends a task whose run has not succeeded. Celery stores nothing then and acknowledges the message; an
    ordinary error would make a dead letter of it."""

    def __init__(self, event: str | None, facts: Mapping[str, Any]) -> None:
        # All of them, because the error travels from process to process by its arguments.
        super().__init__(event, facts)
        self.event, self.facts = event, facts


class RunRequest(SafeRequest):
    """The message of a run."""

    _request_dict: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whatever the sender wanted: the runner stores the result, after it has committed the row.
        self._ignore_result = True
        self._request_dict["ignore_result"] = True

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> None:
        super().on_failure(exc_info, *args, **kwargs)
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, NotSucceeded) and error.event is not None:
            self.send_event(error.event, **error.facts)


class RunTask(SafeTask):
    """Base of the tasks that do runs."""

    Request = "data_processing.worker.run_task:RunRequest"
    # For clients, who would not wait for a result otherwise; see RunRequest for the worker.
    ignore_result = False


def settle(report: Report | None) -> str:
    """What the task returns for a run that has succeeded. Raises NotSucceeded for others; without a report
    monitors hear nothing, and go on showing a task that has started."""
    if report is None:
        raise NotSucceeded(None, {})
    if report.state == State.SUCCESS:
        return report.text
    raise NotSucceeded(EVENTS.get(report.state), report.to_event())
