"""What the API answers operators: queues, workers, the pace, schedules, dead letters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NotRequired, TypedDict

from api.document.shapes import Attempt, Id, Path, StateName, TaskError
from contracts.fields import Also
from data_processing.lifecycle.dead_letters import Action
from data_processing.models import DeadReason
from data_processing.operations.given_up import DeadGroup
from data_processing.operations.overview import (
    BrokerState,
    HourReport,
    QueueReport,
    ScheduleReport,
    WorkerReport,
)
from data_processing.operations.pulses import PulseReport
from data_processing.outputs.estimates import Count
from monitors.daily.retention import OldRows

REFUSED = "refused"


class Queues(TypedDict):
    """Each task queue; what the broker would have said is null while it is away. ``housekeeping``: whether
    sweeper and Beat have an effect."""

    broker: BrokerState
    housekeeping: list[PulseReport]
    queues: list[QueueReport]


class OldData(TypedDict):
    """Rows by the rule that removes them."""

    old: list[OldRows]


class Workers(TypedDict):
    """Each worker that answers or should have."""

    broker: BrokerState
    workers: list[WorkerReport]


class Pace(TypedDict):
    """How many tasks ended in each hour, oldest first."""

    hours: list[HourReport]


class Schedules(TypedDict):
    """What Beat sends."""

    schedules: list[ScheduleReport]


class DeadLetterRun(TypedDict):
    """The task of a dead letter."""

    task_id: Id
    kind: str
    owner: str
    owner_name: str
    description: str
    state: StateName
    attempt: Count
    dataset_version: str
    status_url: Path


class DeadLetter(TypedDict):
    """A task that was given up; without ``run`` where the message was none of ours."""

    id: int
    reason: Annotated[str, Also(enum=list(DeadReason.values))]
    reason_in_words: str
    queue: str
    run: DeadLetterRun | None
    error: TaskError | None
    attempts: list[Attempt]
    traceback: str
    message: str
    created_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    resolved_by: str | None


class DeadGroups(TypedDict):
    """Dead letters by the code of their error, largest group first."""

    groups: list[DeadGroup]


class ResolvedGroup(TypedDict):
    """What became of a group: ``left`` are open, of which the ``refused`` cannot be replayed now;
    ``refusals``: why, each reason once. A call takes the oldest 500."""

    done: Count
    refused: Count
    left: Count
    refusals: list[str]


class ResolvedDeadLetter(TypedDict):
    """What became of one of several dead letters; ``code`` and ``detail`` say why it was refused."""

    id: int
    outcome: Annotated[str, Also(enum=[*(action.value for action in Action), REFUSED])]
    code: NotRequired[str]
    detail: NotRequired[str]


class ResolvedDeadLetters(TypedDict):
    """One entry for each id that was sent."""

    results: list[ResolvedDeadLetter]
