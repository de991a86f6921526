"""uvicorn's HTTP protocol with an end to everything that it would read, keep or hold for ever.

uvicorn bounds bodies by what the application reads, and idle connections by a time. The headers of httptools'
protocol it bounds neither in size nor in time: 400 MB were taken, a byte a second was waited for
(docs/decisions/0014).
"""

from __future__ import annotations

import asyncio

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.problems import MEDIA_TYPE, problem

# A client that takes nothing of its answer for so long has gone, or wants to hold a connection.
STALLED_S = 60.0


class HeadersTooLarge(Exception):
    """Raised into the parser, which ends with it."""


class BoundedProtocol(HttpToolsProtocol):
    """Bounds the size of all that is not body (MAX_HEADER_BYTES) and the time of headers (HEADER_TIMEOUT_S).

    What is not body are the request line, headers, the framing of chunks and trailers: the parser keeps them,
    or reads on, as long as they have no end.
    """

    _outside_bodies = 0
    """Bytes since the last piece of a body or the last end of a request."""
    _too_large = False
    _head_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self.cycle is not None and self.cycle.response_complete:
            self._expect_head()
        self._outside_bodies += len(data)
        super().data_received(data)
        if self._outside_bodies > settings.MAX_HEADER_BYTES and not self.transport.is_closing():
            self._refuse_headers()

    def on_headers_complete(self) -> None:
        # Headers that come in one piece are complete before data_received has counted them.
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > settings.MAX_HEADER_BYTES:
            self._too_large = True
            raise HeadersTooLarge
        self._forget_head()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._outside_bodies = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._outside_bodies = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to whatever the parser could not read."""
        if self._too_large:
            self._refuse_headers()
        else:
            self._refuse(400, "bad-request", "This is not HTTP/1.1.")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
        super().resume_writing()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(settings.HEADER_TIMEOUT_S, self._give_up_head)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up_head(self) -> None:
        if self._outside_bodies == 0:
            self.transport.close()  # nobody asked anything
        else:
            limit = f"{settings.HEADER_TIMEOUT_S:g} seconds"
            self._refuse(408, "request-timeout", f"The headers of the request took longer than {limit}.")

    def _refuse_headers(self) -> None:
        limit = f"{settings.MAX_HEADER_BYTES:,} bytes"
        self._refuse(431, "headers-too-large", f"The headers of the request are larger than {limit}.")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer, unless an answer to an earlier request is under way, and close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_render(status, code, detail))
        self.transport.close()

    def _cancel_timers(self) -> None:
        self._forget_head()
        if self._stall_timer is not None:
            self._stall_timer.cancel()


def _render(status: int, code: str, detail: str) -> bytes:
    """A whole answer that closes the connection."""
    body = problem(status, code, detail).content
    headers = [
        b"content-type: " + MEDIA_TYPE.encode(),
        b"content-length: %d" % len(body),
        b"connection: close",
    ]
    return STATUS_LINE[status] + b"\r\n".join([*headers, b"", body])
