"""The bytes of a download on their way to its client, read in threads that nothing else needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import Future, ThreadPoolExecutor

# A store that does not answer holds these at the most. A read gives its thread back, for the next client.
READING_THREADS = 32

_readers = ThreadPoolExecutor(READING_THREADS, thread_name_prefix="download")


class Download:
    """The body of one response."""

    # An object and no async generator, because close() is called for certain then when the client is gone.

    def __init__(self, chunks: Generator[bytes]) -> None:
        """``chunks`` is read in other threads, one chunk at a time, and closed when the response is over."""
        self._chunks = chunks
        self._reading: Future[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._reading = _readers.submit(next, self._chunks, b"")
        chunk = await asyncio.wrap_future(self._reading)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    def close(self) -> None:
        """Close the file, after a read that is under way."""
        # A generator that is running in another thread cannot be closed.
        if self._reading is None:
            self._chunks.close()
        else:
            self._reading.add_done_callback(lambda _: self._chunks.close())
