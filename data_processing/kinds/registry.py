"""The registry of task kinds. A new kind is one module beside this one and one entry here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.errors import InvalidQuery
from data_processing.errors import NotUnderstood
from data_processing.kinds import aggregates, export, rehearsal, search
from data_processing.kinds.context import Context, Work


@dataclass(frozen=True, kw_only=True)
class TaskKind:
    """What the machine must know about one kind of work.

    ``parse`` turns a request body into its canonical JSON form, ``describe`` says that in words; both raise
    InvalidQuery for an object that is none. An attempt that takes longer than ``time_limit_s`` is stopped.
    ``cached``: equal questions get the kept answer. ``formats``: the result is an ExportFile in one of these,
    reused while it lives. ``on_dataset``: the answer depends on the dataset version.
    """

    name: str
    task_name: str
    queue: str
    parse: Callable[[Mapping[str, Any]], dict[str, Any]]
    describe: Callable[[Mapping[str, Any]], str]
    work: Callable[[Mapping[str, Any], Context], Work]
    time_limit_s: int
    cached: bool = False
    formats: tuple[str, ...] = ()
    on_dataset: bool = True


HOUSEKEEPING_QUEUE = "critical"
"""Of what keeps the promises; no user's work goes there."""

BULK_QUEUES = frozenset({"normal", "low"})
"""Served by the bulk lane of workers, where owners take turns."""

KINDS: Mapping[str, TaskKind] = {
    kind.name: kind
    for kind in (
        TaskKind(
            name="export",
            task_name="data_processing.tasks.export_contracts_to_excel",
            queue="normal",
            parse=export.parse,
            describe=export.describe,
            work=export.export_contracts,
            time_limit_s=3 * 3600,
            formats=export.FORMATS,
        ),
        TaskKind(
            name="aggregates",
            task_name="data_processing.tasks.compute_heavy_aggregates",
            queue="high",
            parse=aggregates.parse,
            describe=aggregates.describe,
            work=aggregates.compute_aggregates,
            time_limit_s=120,
            cached=True,
        ),
        TaskKind(
            name="search",
            task_name="data_processing.tasks.process_full_table_search",
            queue="high",
            parse=search.parse,
            describe=search.describe,
            work=search.search_contracts,
            time_limit_s=60,
            cached=True,
        ),
        TaskKind(
            name="rehearsal",
            task_name="data_processing.tasks.rehearse",
            queue="high",
            parse=rehearsal.parse,
            describe=rehearsal.describe,
            work=rehearsal.rehearse,
            time_limit_s=600,
            on_dataset=False,
        ),
    )
}


def describe(kind: str, request: Any) -> str:
    """A recorded request in words. Another version may have recorded it: of a kind or a request that this one
    cannot read, the words say that."""
    known = KINDS.get(kind)
    if known is None:
        return f"A task of the kind {kind!r}, which this version of the program does not know"
    with contextlib.suppress(InvalidQuery):
        if isinstance(request, Mapping):
            return known.describe(request)
    return f"A task of the kind {kind!r}, whose request this version of the program cannot read"


def parse_again(kind: str, request: Any) -> tuple[TaskKind, dict[str, Any]]:
    """The kind of a recorded request, and the request as it is asked now. Raises NotUnderstood."""
    known = KINDS.get(kind)
    if known is None:
        raise NotUnderstood(f"this version of the program knows no kind of task {kind!r}")
    if not isinstance(request, Mapping):
        raise NotUnderstood("this version of the program cannot read the task's request")
    try:
        return known, known.parse(request)
    except InvalidQuery as error:
        raise NotUnderstood(f"this version of the program cannot read the task's request: {error}") from None


def lane_of(queues: Iterable[str]) -> str:
    """Which lane serves these queues: ``housekeeping``, ``interactive``, ``bulk``, or ``several`` in one
    worker."""
    lanes = {_lane_of_queue(queue) for queue in queues}
    return lanes.pop() if len(lanes) == 1 else "several"


def _lane_of_queue(queue: str) -> str:
    if queue == HOUSEKEEPING_QUEUE:
        return "housekeeping"
    return "bulk" if queue in BULK_QUEUES else "interactive"
