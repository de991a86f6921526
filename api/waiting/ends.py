"""Who waits for the end of which run, in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Collection, Iterator

# Longer than a request takes from recording its run to waiting for it: an end that is said meanwhile is known
# to whoever comes then.
REMEMBERED_S = 5.0


class Ends:
    """The waits for ends of runs. An end is only a hint to look at the row."""

    def __init__(self) -> None:
        self._waits: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._told_at: dict[uuid.UUID, float] = {}

    @property
    def awaited(self) -> Collection[uuid.UUID]:
        """The runs whose end somebody waits for."""
        return self._waits.keys()

    @contextlib.contextmanager
    def waiting(self, run_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """While inside, the event is set as soon as the end is told."""
        end = asyncio.Event()
        if self._told_at.get(run_id, -REMEMBERED_S) >= time.monotonic() - REMEMBERED_S:
            end.set()
        self._waits.setdefault(run_id, set()).add(end)
        try:
            yield end
        finally:
            self._waits[run_id].discard(end)
            if not self._waits[run_id]:
                del self._waits[run_id]

    def tell(self, run_id: uuid.UUID) -> None:
        """The run has ended."""
        now = time.monotonic()
        # Ends of all processes are heard here, so the oldest must go; they stand in the order of their times.
        self._told_at.pop(run_id, None)
        self._told_at[run_id] = now
        while self._told_at[oldest := next(iter(self._told_at))] < now - REMEMBERED_S:
            del self._told_at[oldest]
        for end in self._waits.get(run_id, ()):
            end.set()
