"""Where work comes from: what the lines of a request, of the messages of its run and of the worker share.

A run keeps its origin in its row, because it may be published long after its request, by another process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

REQUEST_ID = "request_id"
SANE = re.compile(r"[A-Za-z0-9._:-]{1,64}")

Origin = Mapping[str, str]
"""What is carried along, as the headers of a message: the id of the request, if there was one."""


def is_sane(request_id: str) -> bool:
    """Whether an id that somebody sent may stand in lines and headers."""
    return SANE.fullmatch(request_id) is not None


def current() -> Origin:
    """The origin of what is done here and now."""
    request_id = get_contextvars().get(REQUEST_ID)
    return {REQUEST_ID: request_id} if isinstance(request_id, str) else {}


def read(found: object) -> Origin:
    """The origin that a row or a message holds; what is none is left out."""
    request_id = found.get(REQUEST_ID) if isinstance(found, Mapping) else None
    return {REQUEST_ID: request_id} if isinstance(request_id, str) and is_sane(request_id) else {}


def begin(origin: Origin, *, task_id: str | None = None) -> None:
    """From here on, log lines of this thread say where their work comes from, and nothing of earlier work."""
    clear_contextvars()
    bind_contextvars(**origin, **({} if task_id is None else {"task_id": task_id}))


@contextmanager
def lines_about(run_id: object, origin: Origin | None = None) -> Iterator[None]:
    """Log lines inside are about this run."""
    with bound_contextvars(task_id=str(run_id), **(origin or {})):
        yield
