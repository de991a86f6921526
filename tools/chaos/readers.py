"""Visitors who download finished exports slowly, over lines that break, and check every byte."""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass, field

from tools.chaos.ledger import Accepted
from tools.chaos.visitors import Visitor
from tools.stack.client import EXPORTS
from tools.stack.connection import NoAnswer

BYTES_PER_S = 100_000
SAMPLED = 4


class Torn(Exception):
    """The download is not what its export says it is."""


@dataclass(kw_only=True)
class Export:
    """What the API says of a finished export, and what has come of its file so far."""

    task: Accepted
    size_bytes: int
    sha256: str
    taken_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    resumed: bool = False


class SlowReader:
    """Downloads one large export of its visitor's after the other, until told to stop."""

    def __init__(self, visitor: Visitor, rng: random.Random) -> None:
        self._visitor = visitor
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
        finished = self._visitor.ledger.list_exports(self._visitor.number)
        sample = self._rng.sample(finished, min(SAMPLED, len(finished)))
        exports = [export for task in sample if (export := await self._ask(task)) is not None]
        return max(exports, key=lambda export: export.size_bytes, default=None)

    async def _ask(self, task: Accepted) -> Export | None:
        answer = await self._visitor.get(f"{EXPORTS}/{task.task_id}/")
        if answer.status != 200:
            return None
        return Export(task=task, size_bytes=answer.data["size_bytes"], sha256=answer.data["sha256"])

    async def take(self, export: Export, stop: asyncio.Event) -> None:
        """Download and check one file, over as many connections as it needs."""
        self._reading = export.task
        try:
            await self._download(export, stop)
        except Torn as error:
            self._visitor.ledger.tears.append(f"{export.task.task_id}, read slowly: {error}")
        else:
            told = {"slow downloads": 1, "bytes": export.size_bytes, "resumed downloads": export.resumed}
            self._visitor.ledger.counts.update(told)
        self._reading = None

    async def _download(self, export: Export, stop: asyncio.Event) -> None:
        """Take all of it. Raises Torn."""
        while export.taken_bytes < export.size_bytes:
            try:
                await self._continue(export, stop)
            except NoAnswer:
                export.resumed = export.taken_bytes > 0
                await asyncio.sleep(self._rng.uniform(0.2, 1))
        if export.digest.hexdigest() != export.sha256:
            raise Torn(f"{export.taken_bytes} bytes with another checksum than its {export.size_bytes}")

    async def _continue(self, export: Export, stop: asyncio.Event) -> None:
        """One connection: the file, or what is missing of it. Raises Torn, NoAnswer."""
        begin, path = export.taken_bytes, f"{EXPORTS}/{export.task.task_id}/download/"
        part = {"Range": f"bytes={begin}-", "If-Range": f'"{export.sha256}"'} if begin else {}
        with self._visitor.connect(narrow=True) as server:
            answer = await server.call("GET", path, headers=part, whole=False)
            if answer.status >= 500 or answer.status == 429:
                raise NoAnswer(f"{path}: {answer.status}")
            if answer.status != (206 if part else 200):
                raise Torn(f"from byte {begin} on it answers {answer.status}")
            while piece := await answer.read():
                export.digest.update(piece)
                export.taken_bytes += len(piece)
                if not stop.is_set():
                    await asyncio.sleep(len(piece) / BYTES_PER_S)
