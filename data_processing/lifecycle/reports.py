"""What Celery's monitors, such as Flower, are told of a run: how its row says that it stands."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from data_processing.kinds.registry import OFFERED
from data_processing.models import State, TaskRun

EVENTS: Mapping[State, str] = {
    State.SUCCESS: "task-succeeded",
    State.FAILURE: "task-failed",
    State.REVOKED: "task-revoked",
    # Celery has no event for a task that was taken and waits again, but this one.
    State.RETRY: "task-retried",
    State.PENDING: "task-retried",
}
"""The event of Celery that says each state. A run that a worker holds needs none: its task has started."""

SHOWN_CHARS = 500


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a run stands. ``text`` says in some words what it gave, why it failed, or what it waits for."""

    state: State
    text: str
    traceback: str = ""

    def to_event(self) -> dict[str, str | None]:
        """What Celery's events say of it, beside the state."""
        if self.state == State.SUCCESS:
            return {"result": self.text}
        return {"exception": self.text, "traceback": self.traceback or None}


def read_report(run_id: uuid.UUID) -> Report | None:
    """How the run stands by its row; None where there is no such run, or none that this version knows."""
    run = TaskRun.objects.filter(id=run_id).first()
    return None if run is None or run.state not in State.values else report_of(run)


def report_of(run: TaskRun) -> Report:
    state = State(run.state)
    match state:
        case State.SUCCESS:
            return Report(state=state, text=sum_up(run.kind, run.result))
        case State.FAILURE | State.RETRY:
            return Report(state=state, text=_say_error(run.error), traceback=run.traceback)
        case State.REVOKED:
            return Report(state=state, text="cancelled")
        case _:
            return Report(state=state, text=state.label)


def sum_up(kind: str, payload: object) -> str:
    """A result in some words: what it says in numbers and texts, without its rows and tables. What an app's
    job returns is told to nobody but the app."""
    if not isinstance(payload, Mapping) or kind not in OFFERED:
        return ""
    facts = (f"{name}: {value}" for name, value in payload.items() if isinstance(value, int | str))
    return ", ".join(facts)[:SHOWN_CHARS]


def _say_error(error: object) -> str:
    # Another version may have written the row.
    return f"{error.get('code')}: {error.get('message')}" if isinstance(error, Mapping) else ""
