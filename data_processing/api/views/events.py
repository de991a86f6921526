"""The endpoint that tells the state of a task while it changes: server-sent events.

An open stream costs a socket and a few objects: no thread, no database connection.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterable

from asgiref.sync import SyncToAsync
from django.db import connections
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from data_processing.api.events import Hub, Update, Watcher, count_watchers, current_hub
from data_processing.api.owners import visible_to
from data_processing.api.problems import problem
from data_processing.api.view import ApiView
from data_processing.errors import NotFound
from data_processing.models import TaskRun

HEARTBEAT_S = 15.0
HEARTBEAT = b": still here\n\n"
LEAST_GAP_S = 0.25
MAX_STREAMS = 800
"""Open streams per process. Each has a file descriptor, of which a process commonly has 1024; the others are
left to the rest of the API."""

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store, no-transform",
    "X-Accel-Buffering": "no",
}


class AcceptAnything(BaseContentNegotiation):
    """Clients ask for text/event-stream here, which no renderer makes."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class TaskEvents(ApiView):
    """Every change of a task's state and progress as server-sent events, until it has ended.

    ``data`` is what tasks/status answers. The last event is named ``end``; a client that comes back with its
    id in Last-Event-ID is told by 204 that there is nothing to come.
    """

    content_negotiation_class = AcceptAnything

    def get(self, request: Request, task_id: uuid.UUID) -> HttpResponseBase:
        seen = request.headers.get("Last-Event-ID", "")
        try:
            return self._answer(request, task_id, seen=seen)
        finally:
            # The request is over when the stream ends; the connection must not wait for that.
            _close_connections()

    def _answer(self, request: Request, task_id: uuid.UUID, *, seen: str) -> HttpResponseBase:
        run = visible_to(request, TaskRun.objects.filter(id=task_id)).defer("traceback").first()
        if run is None:
            raise NotFound("there is no task with this id")
        # What cannot be described fails here, alone, and not in the hub with all others.
        update = Update.of(run)
        if run.finished:
            if update.event_id == seen:
                return HttpResponse(status=204)
            return HttpResponse(update.encoded, headers=HEADERS)
        if count_watchers() >= MAX_STREAMS:
            detail = "Too many event streams are open on this server; ask tasks/status instead."
            return problem(503, "too-many-streams", detail, headers={"Retry-After": "5"})
        return StreamingHttpResponse(Stream(task_id, seen=seen), headers=HEADERS)


class Stream:
    """The body of one response. An object and not an async generator, because ``close`` is then called for
    certain when the client is gone."""

    def __init__(self, run_id: uuid.UUID, *, seen: str) -> None:
        self._run_id = run_id
        self._seen = seen
        self._watch: tuple[asyncio.AbstractEventLoop, Hub, Watcher] | None = None
        self._ended = False
        self._sent_at = 0.0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._watch is None:
            release_request_thread()
            hub = current_hub()
            self._watch = asyncio.get_running_loop(), hub, hub.join(self._run_id)
            # Spread, so that the clients of a server that went away do not all come back at once.
            return b"retry: %d\n\n" % random.randint(1000, 3000)
        if self._ended:
            raise StopAsyncIteration
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                update = await self._wait_for_news(self._watch[2])
        except TimeoutError:
            return HEARTBEAT
        if update is None:
            raise StopAsyncIteration
        self._seen, self._ended, self._sent_at = update.event_id, update.final, time.monotonic()
        return update.encoded

    def close(self) -> None:
        """Stop watching. Django calls this in another thread when the response is over, however it ended."""
        if self._watch is not None:
            loop, hub, watcher = self._watch
            loop.call_soon_threadsafe(hub.leave, watcher)

    async def _wait_for_news(self, watcher: Watcher) -> Update | None:
        """The newest update that the client has not seen; None when there will be none."""
        while True:
            if not watcher.over:
                await watcher.changed.wait()
            await asyncio.sleep(self._sent_at + LEAST_GAP_S - time.monotonic())
            watcher.changed.clear()
            update = watcher.update
            if update is not None and (update.final or update.event_id != self._seen):
                return update
            if watcher.over:
                return None


def release_request_thread() -> None:
    """Let go of the thread in which Django ran this request's middleware and view.

    Django keeps a thread for a request until its response has been sent; asgiref makes another one if one is
    needed again (to close the response).
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context is not None else None
    if executor is not None:
        executor.shutdown(wait=False)


def _close_connections() -> None:
    for connection in connections.all(initialized_only=True):
        # In a transaction it belongs to somebody else (a test).
        if not connection.in_atomic_block:
            connection.close()
