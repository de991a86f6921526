"""A TCP relay on this machine that can fall silent, as a network does that drops packets."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tools.stack.ports import LOOPBACK, pick_port

CHUNK_BYTES = 65_536


class Relay:
    """Listens on `port` and hands all bytes on to `target_port` and back, in a thread of its own.

    While it is silent it accepts connections and keeps those that are open, and nothing goes through: what
    was sent meanwhile arrives when it speaks again, as TCP would send it again.
    """

    def __init__(self, target_port: int) -> None:
        self.port = pick_port()
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        return self

    def stop(self) -> None:
        """End the relay and, without a word, all that goes through it."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """While inside, nothing goes through."""
        self._loop.call_soon_threadsafe(self._speaks.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._speaks.set)

    def cut(self) -> None:
        """End all connections at once, without a goodbye."""

        async def abort() -> None:
            for writer in self._open:
                writer.transport.abort()

        asyncio.run_coroutine_threadsafe(abort(), self._loop).result()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._server = await asyncio.start_server(self._relay, LOOPBACK, self.port)

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._noted(writer), contextlib.suppress(OSError):
            await self._speaks.wait()
            behind, onward = await asyncio.open_connection(LOOPBACK, self._target_port)
            with self._noted(onward):
                await asyncio.gather(self._pump(reader, onward), self._pump(behind, writer))

    @contextmanager
    def _noted(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Until one side ends, and then the other one's sending, too."""
        try:
            while chunk := await source.read(CHUNK_BYTES):
                await self._speaks.wait()
                sink.write(chunk)
                await sink.drain()
        finally:
            sink.close()
