"""The registry of task kinds. A new kind is one module beside this one and one entry here; a room above the
machine names its own in the setting TASK_KINDS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from importlib import import_module

from django.conf import settings

from contracts.errors import InvalidQuery
from data_processing.errors import NotUnderstood
from data_processing.kinds.kind import TaskKind, TaskRequest

HOUSEKEEPING_QUEUE = "critical"
"""The queue of what keeps the promises; no user's work goes there."""

BULK_QUEUES = frozenset({"normal", "low"})
"""The queues of the bulk lane of workers, where owners take turns."""

MODULES = (
    "export",
    "aggregates",
    "search",
    "table",
    "table_export",
    "exporting.ocds",
    "compare",
    "flags.judging",
    "flags.export",
    "analysis.running",
    "analysis.export",
    "bulk",
    "rehearsal",
    "job",
)
"""The modules of this room that declare a KIND, whose name is the last part of theirs."""


def _load_kinds() -> dict[str, TaskKind[TaskRequest]]:
    # By their names: a new kind needs one line, and this room imports nothing that stands above it.
    modules = (*(f"data_processing.kinds.{name}" for name in MODULES), *settings.TASK_KINDS)
    kinds = [import_module(module).KIND for module in modules]
    return {kind.name: kind for kind in kinds}


KINDS: Mapping[str, TaskKind[TaskRequest]] = _load_kinds()

OFFERED: Mapping[str, TaskKind[TaskRequest]] = {name: kind for name, kind in KINDS.items() if kind.by_clients}
"""Those that clients may start."""

UNTOLD = frozenset(KINDS) - frozenset(OFFERED)
"""Those whose runs no client knows: whoever wants to know how one ended reads its row."""


def describe(kind: str, request: object) -> str:
    """A recorded request in words. Another version may have recorded it: of a kind or a request that this one
    cannot read, the words say that."""
    known = KINDS.get(kind)
    if known is None:
        return f"A task of the kind {kind!r}, which this version of the program does not know"
    with contextlib.suppress(InvalidQuery):
        if isinstance(request, Mapping):
            return known.request.from_json(request).describe()
    return f"A task of the kind {kind!r}, whose request this version of the program cannot read"


def parse_again(kind: str, request: object) -> tuple[TaskKind[TaskRequest], TaskRequest]:
    """The kind of a recorded request, and the request as it is asked now. Raises NotUnderstood."""
    known = KINDS.get(kind)
    if known is None or not known.by_clients:
        raise NotUnderstood(f"this version of the program knows no kind of task {kind!r}")
    if not isinstance(request, Mapping):
        raise NotUnderstood("this version of the program cannot read the task's request")
    try:
        return known, known.request.from_json(request)
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
