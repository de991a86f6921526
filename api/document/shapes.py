"""What the API answers: the shapes that mypy holds the code to and that the OpenAPI document shows.

What a finished task gives is declared where it is made: ``data_processing.kinds``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

from api.models import SCOPES
from contracts.engine.names import Suggested
from contracts.fields import FIELD_BY_NAME, Also, Pesos, Shown
from contracts.questions.filters import NAMED
from contracts.questions.model import SCHEMA_PATH
from contracts.snapshot.versions import SourceReport
from data_processing.kinds.exporting import ARCHIVE, FORMATS, ExportResult
from data_processing.kinds.registry import OFFERED
from data_processing.models import State
from data_processing.outputs.estimates import Count, ExportEstimate

T = TypeVar("T")


def any_of(hints: Iterable[Any]) -> Any:
    """The union of types that are known only when the program runs."""
    return reduce(or_, hints)


PROGRESS = "PROGRESS"
"""What STARTED is shown as once something has been counted."""

Id = Annotated[str, Also(format="uuid")]
Time = Annotated[str, Also(format="date-time")]
Day = Annotated[str, Also(format="date")]
Path = Annotated[str, Also(format="uri-reference")]
Sha256 = Annotated[str, Also(pattern="^[0-9a-f]{64}$")]
Kind = Annotated[str, Also(enum=list(OFFERED))]
StateName = Annotated[str, Also(enum=list(State.values))]
ShownState = Annotated[str, Also(enum=[*State.values, PROGRESS])]
Seconds = Annotated[float, Also(minimum=0)]


# By a call, because ``in`` is a keyword.
Culprit = TypedDict("Culprit", {"in": Literal["body", "query", "header"], "pointer": str, "detail": str})


class Problem(TypedDict):
    """An error (RFC 9457). ``code`` is stable; ``errors`` names the values that are to blame."""

    type: Annotated[str, Also(format="uri")]
    code: str
    title: str
    status: Annotated[int, Also(minimum=400, maximum=599)]
    detail: str
    errors: NotRequired[list[Culprit]]
    rerun: NotRequired[Annotated[str, Also(format="uuid", description="the task to run again")]]
    error: NotRequired[Annotated[TaskError, Also(description="why the task failed")]]
    scope: NotRequired[Annotated[str, Also(enum=list(SCOPES), description="what the token lacks")]]
    last_version: NotRequired[Annotated[str, Also(description="the dataset version that had the contract")]]


class TaskError(TypedDict):
    """Why a task failed, or why its last attempt did."""

    code: str
    message: str
    retryable: bool


class TaskLinks(TypedDict):
    """Where to go on from a task; the last two of exports only."""

    self: Path
    status: Path
    result: Path
    cancel: Path
    rerun: Path
    export: NotRequired[Path]
    download: NotRequired[Path]


class TaskProgress(TypedDict):
    """How far a task is. Rate and time left are known while rows are counted."""

    current: Count
    total: Count
    unit: str
    percent: Annotated[float, Also(minimum=0, maximum=100)]
    rate: Seconds | None
    phase: str
    eta_seconds: Seconds | None
    queue: str
    queue_position: Annotated[int, Also(minimum=1)] | None
    attempt: Count
    max_attempts: Count


class Attempt(TypedDict):
    """One try of a worker; the last three when it has ended."""

    number: Count
    worker: str
    started_at: Time | None
    ended_at: NotRequired[Time]
    outcome: NotRequired[Literal["succeeded", "failed", "cancelled", "lost"]]
    error_code: NotRequired[str | None]


class TaskStatus(TypedDict):
    """All that may be known of a task; ``result`` is an export's, ``request`` is null where another
    version of the program recorded it."""

    task_id: Id
    kind: Kind
    state: ShownState
    status: str
    ready: bool
    successful: bool
    result: ExportResult | None
    error: TaskError | None
    meta: TaskProgress
    request: Annotated[dict[str, Any] | None, Shown(any_of(kind.request for kind in OFFERED.values()) | None)]
    description: str
    dataset_version: str
    sample: bool
    cancel_requested: bool
    created_at: Time | None
    started_at: Time | None
    finished_at: Time | None
    expires_at: Time | None
    next_attempt_at: Time | None
    attempts: list[Attempt]
    links: TaskLinks
    owner: NotRequired[Annotated[str, Also(description="whose it is, by name; in lists that staff ask for")]]


class Event(TypedDict):
    """A server-sent event. The last one of a task is named ``end``; the others have no name."""

    id: str
    data: Annotated[
        str,
        Also(
            contentMediaType="application/json",
            contentSchema={"$ref": SCHEMA_PATH.format(model="TaskStatus")},
            description="what tasks/status answers",
        ),
    ]
    event: NotRequired[Literal["message", "end"]]


class Accepted(TypedDict):
    """A task that was recorded, joined or reused."""

    task_id: Id
    status: str
    state: StateName
    message: str
    deduplicated: bool
    links: TaskLinks
    export_id: NotRequired[Id]
    cache_key: NotRequired[Sha256]


class ReturnHeaders(TypedDict):
    """Headers by which a client is known again."""

    Cookie: str


class Started(Accepted):
    """The answer to a start: follow ``links.status``; ``come_back`` is for clients that brought no cookie,
    and ``come_back_with`` what they send with every request from now on."""

    reused: bool
    come_back: NotRequired[str]
    come_back_with: NotRequired[ReturnHeaders]


class Finished(Started, Generic[T]):
    """The answer to a start that found a result, or waited for it."""

    data: T


class Cached(TypedDict, Generic[T]):
    """The answer to a question that has been answered before: no task was needed."""

    task_id: None
    cache_key: Sha256
    status: Literal["cached"]
    data: T


class Cancelled(TypedDict):
    """A task that was asked to stop; ``withdrawn``: other requests still wait for it, so that it goes on."""

    task_id: Id
    cancel_requested: Literal[True]
    withdrawn: bool
    state: StateName
    links: TaskLinks


class ActiveTasks(TypedDict):
    """Unfinished tasks: with a worker, waiting, waiting for a retry; lists hold the oldest 200."""

    active: list[TaskStatus]
    reserved: list[TaskStatus]
    scheduled: list[TaskStatus]
    total_active: Count
    total_reserved: Count
    total_scheduled: Count


class Page(TypedDict, Generic[T]):
    """A page of a list, newest first; ``next`` and ``previous`` are addresses of others."""

    next: Annotated[str, Also(format="uri")] | None
    previous: Annotated[str, Also(format="uri")] | None
    results: list[T]


class ExportLinks(TypedDict):
    """Where to go on from an export file."""

    download: Path
    self: Path


class Export(TypedDict):
    """An export file."""

    export_id: Id
    task_id: Id
    name: str
    format: Annotated[str, Also(enum=[*FORMATS, ARCHIVE])]
    rows: Count
    size_bytes: Count
    sha256: Sha256
    filters_in_words: str
    dataset_version: str
    sample: bool
    created_at: Time | None
    expires_at: Time | None
    available: bool
    links: ExportLinks


class Estimate(ExportEstimate):
    """What an export would be: rows are exact, bytes and seconds are not."""

    reuse: bool


class Pattern(TypedDict):
    """An entry of a name list that means names by what they hold."""

    contains: str


class AllNames(TypedDict):
    """All names that hold what was typed, with their contracts and their value together. ``patterns`` mean
    them in a name list: acronyms and what they stand for are one each."""

    patterns: list[Pattern]
    names: Count
    count: Count
    total_value: Pesos


class Suggestions(TypedDict):
    """Names that match what was typed, best first, and all of them together; null where nothing was typed."""

    field: Annotated[str, Also(enum=list(NAMED))]
    q: str
    suggestions: list[Suggested]
    all_names: AllNames | None


class Column(TypedDict):
    """A column of the contracts. ``filter`` is the filter that it answers to, ``default``: shown unasked."""

    name: Annotated[str, Also(enum=list(FIELD_BY_NAME))]
    label: str
    type: Annotated[str, Also(enum=sorted({field.type.value for field in FIELD_BY_NAME.values()}))]
    unit: str | None
    description: str
    filterable: bool
    filter: str | None
    sortable: bool
    default: bool


class Columns(TypedDict):
    """The column table."""

    columns: list[Column]
    default: list[str]


class Dataset(TypedDict):
    """A version of the data, and what became of the rows of its files; ``flood_``: of the second source,
    ``sample``: some of its contracts are invented."""

    version: str
    created_at: Time
    as_of: Day
    rows: Count
    total_value: Pesos
    flood_rows: Count
    flood_value: Pesos
    first_award: Day | None
    last_award: Day | None
    sources: list[SourceReport]
    rejected_by_reason: dict[str, int]
    repaired_by_reason: dict[str, int]
    current: bool
    sample: bool
    citation: str


class Datasets(TypedDict):
    """All versions on disk, newest first."""

    current: str
    datasets: list[Dataset]


class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


Readiness = Annotated[
    dict[str, str],
    Also(
        description="status, and each dependency: ok, or why it is not",
        properties={"status": {"enum": ["ok", "unavailable"]}},
        required=["status"],
    ),
]
