"""Where work comes from: what the lines of a request, of the messages of its run and of the worker share.

A run keeps its origin in its row, because it may be published long after its request, by another process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

from data_processing import tracing

REQUEST_ID = "request_id"
SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")

# https://www.w3.org/TR/trace-context/#traceparent-header
TRACE = re.compile(r"[0-9a-f]{2}(-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2})")

Origin = Mapping[str, str]
"""What is carried along, as the headers of a message: the id of the request, if there was one, and the trace
that it belongs to, if somebody collects them."""


def is_sane(request_id: str) -> bool:
    """Whether an id that somebody sent may stand in lines and headers."""
    return SANE.fullmatch(request_id) is not None


def current() -> Origin:
    """The origin of what is done here and now."""
    return _select({**get_contextvars(), **tracing.carry()})


def read(found: object) -> Origin:
    """The origin that a row or a message holds; what is none is left out."""
    return _select(found) if isinstance(found, Mapping) else {}


def begin(origin: Origin, *, task_id: str | None = None) -> None:
    """From here on, log lines of this thread say where their work comes from, and nothing of earlier work."""
    clear_contextvars()
    bind_contextvars(**_lines(origin), **({} if task_id is None else {"task_id": task_id}))


@contextmanager
def lines_about(run_id: object, origin: Origin | None = None) -> Iterator[None]:
    """Log lines inside are about this run."""
    with bound_contextvars(task_id=str(run_id), **_lines(origin or {})):
        yield


def _select(found: Mapping[str, object]) -> Origin:
    request_id, trace = found.get(REQUEST_ID), found.get(tracing.TRACEPARENT)
    origin = {}
    if isinstance(request_id, str) and is_sane(request_id):
        origin[REQUEST_ID] = request_id
    if isinstance(trace, str) and TRACE.fullmatch(trace):
        origin[tracing.TRACEPARENT] = trace
    return origin


def _lines(origin: Origin) -> Mapping[str, str]:
    return {name: value for name, value in origin.items() if name == REQUEST_ID}
