"""Who waits for the end of which run, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Collection, Iterator

REMEMBERED_S = 5.0
"""Longer than a request takes from recording its run to waiting for it: an end that is said meanwhile is
known to whoever comes then."""


class Ends:
    """The waits for ends of runs. An end is only a hint to look at the row."""

    def __init__(self) -> None:
        self._waits: dict[uuid.UUID, set[asyncio.Future[None]]] = {}
        self._told_at: dict[uuid.UUID, float] = {}

    @property
    def awaited(self) -> Collection[uuid.UUID]:
        """The runs whose end somebody waits for."""
        return self._waits.keys()

    @contextlib.contextmanager
    def waiting(self, run_id: uuid.UUID) -> Iterator[asyncio.Future[None]]:
        """While inside, the future is done as soon as the end is told."""
        end = asyncio.get_running_loop().create_future()
        self._forget_old()
        if run_id in self._told_at:
            end.set_result(None)
        self._waits.setdefault(run_id, set()).add(end)
        try:
            yield end
        finally:
            self._waits[run_id].discard(end)
            if not self._waits[run_id]:
                del self._waits[run_id]

    def tell(self, run_id: uuid.UUID) -> None:
        """The run has ended."""
        self._told_at.pop(run_id, None)
        self._told_at[run_id] = time.monotonic()
        self._forget_old()
        for end in self._waits.get(run_id, ()):
            if not end.done():
                end.set_result(None)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - REMEMBERED_S
        while self._told_at and (first := next(iter(self._told_at))) and self._told_at[first] < oldest:
            del self._told_at[first]
