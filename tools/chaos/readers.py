"""Visitors who download finished exports slowly, over lines that break, and check every byte."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass

from tools.chaos.browser import NoAnswer
from tools.chaos.ledger import Accepted, Ledger
from tools.chaos.visitors import EXPORTS, Visitor
from tools.chaos.wire import Reply, Wire

BYTES_PER_S = 100_000
BUFFER_BYTES = 16_384
SAMPLED = 4


class Torn(Exception):
    """The download is not what its export says it is."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """What the API says of a finished export."""

    task: Accepted
    size_bytes: int
    sha256: str


class Taken:
    """What has come of a file so far."""

    def __init__(self) -> None:
        self.size = 0
        self.digest = hashlib.sha256()
        self.resumed = False


class SlowReader:
    """Downloads one large export of its visitor's after the other, until told to stop."""

    def __init__(self, visitor: Visitor, *, ledger: Ledger, rng: random.Random) -> None:
        self._visitor = visitor
        self._wire = Wire(visitor.browser)
        self._ledger = ledger
        self._rng = rng
        self._reading: Accepted | None = None

    @property
    def unended(self) -> str | None:
        """What is wrong as long as a file has not come."""
        return f"the download of {self._reading.task_id} never ended" if self._reading else None

    async def live(self, stop: asyncio.Event) -> None:
        """Read files; the last one at full speed once it is time to stop."""
        while not stop.is_set():
            try:
                export = await self._choose()
            except NoAnswer:
                export = None
            if export is None:
                await asyncio.sleep(self._rng.uniform(0.2, 1))
            else:
                await self.take(export, stop)

    async def _choose(self) -> Export | None:
        """The largest of some finished exports. Raises NoAnswer."""
        finished = self._ledger.list_exports(self._visitor.number)
        sample = self._rng.sample(finished, min(SAMPLED, len(finished)))
        exports = [export for task in sample if (export := await self._ask(task)) is not None]
        return max(exports, key=lambda export: export.size_bytes, default=None)

    async def _ask(self, task: Accepted) -> Export | None:
        async with self._wire.get(f"{EXPORTS}/{task.task_id}/") as reply:
            body = await reply.read_json()
            if reply.status != 200:
                return None
            return Export(task=task, size_bytes=body["size_bytes"], sha256=body["sha256"])

    async def take(self, export: Export, stop: asyncio.Event) -> None:
        """Download and check one file, over as many connections as it needs."""
        self._reading = export.task
        try:
            resumed = await self._download(export, stop)
        except Torn as error:
            self._ledger.note_tear(f"{export.task.task_id}, read slowly: {error}")
        else:
            self._ledger.note_slow_download(export.size_bytes, resumed=resumed)
        self._reading = None

    async def _download(self, export: Export, stop: asyncio.Event) -> bool:
        """Whether it had to be resumed. Raises Torn."""
        taken = Taken()
        while taken.size < export.size_bytes:
            try:
                await self._continue(export, taken, stop)
            except NoAnswer:
                taken.resumed = taken.resumed or taken.size > 0
                await asyncio.sleep(self._rng.uniform(0.2, 1))
        if taken.digest.hexdigest() != export.sha256:
            raise Torn(f"{taken.size} bytes with another checksum than its {export.size_bytes}")
        return taken.resumed

    async def _continue(self, export: Export, taken: Taken, stop: asyncio.Event) -> None:
        """One connection: the file, or what is missing of it. Raises Torn, NoAnswer."""
        part = {"Range": f"bytes={taken.size}-", "If-Range": f'"{export.sha256}"'} if taken.size else {}
        path = f"{EXPORTS}/{export.task.task_id}/download/"
        async with self._wire.get(path, headers=part, buffer_bytes=BUFFER_BYTES) as reply:
            if reply.status >= 500 or reply.status == 429:
                raise NoAnswer(f"{path}: {reply.status}")
            if reply.status != (206 if part else 200):
                raise Torn(f"from byte {taken.size} on it answers {reply.status}")
            await self._read(reply, taken, stop)

    async def _read(self, reply: Reply, taken: Taken, stop: asyncio.Event) -> None:
        while piece := await reply.read():
            taken.digest.update(piece)
            taken.size += len(piece)
            if not stop.is_set():
                await asyncio.sleep(len(piece) / BYTES_PER_S)
