"""The endpoint that tells the state of a task while it changes: server-sent events.

An open stream costs a socket and a few objects: no thread, no database connection.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import ClassVar

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.access.owners import owner_of, visible_to
from api.document import shapes
from api.problems import problem
from api.requests.headers import LAST_EVENT_ID, RETRY_AFTER
from api.view import Answer, ApiView, refusal
from api.waiting.event_hub import Hub, Watcher, current_hub
from api.waiting.reader import Update
from api.waiting.seats import NoSeat, Seat, Seats, fit_to_descriptors
from data_processing.errors import NotFound
from data_processing.models import TaskRun

# Proxies end a connection that says nothing, mostly after a minute.
HEARTBEAT_S = 15.0
HEARTBEAT = b": still here\n\n"
LEAST_GAP_S = 0.25
STREAMS = Seats()
# So much of the files that the process may open may be streams; the others are left to the rest.
PART_OF_DESCRIPTORS = 0.5

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "private, no-store, no-transform",
    # nginx would keep the events until it has a buffer full of them.
    "X-Accel-Buffering": "no",
}


class AcceptAnything(BaseContentNegotiation):
    """Takes any media type: clients ask for text/event-stream, which no renderer makes."""

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
    heeds = (LAST_EVENT_ID,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the events", shape=shapes.Event, media_types=("text/event-stream",)),
            204: Answer(meaning="the client has seen the last one"),
            429: refusal("you follow as many tasks as one may", RETRY_AFTER),
            503: refusal("too many streams are open, or the database is away", RETRY_AFTER),
        }
    }

    def get(self, request: Request, task_id: uuid.UUID) -> HttpResponseBase:
        seen = request.headers.get("Last-Event-ID", "")
        run = visible_to(request, TaskRun.objects.filter(id=task_id)).defer("traceback").first()
        if run is None:
            raise NotFound("there is no task with this id")
        # What cannot be described fails here, alone, and not in the hub with all others.
        update = Update.of(run)
        if run.finished:
            if update.event_id == seen:
                return HttpResponse(status=204)
            return HttpResponse(update.encoded, headers=HEADERS)
        most = fit_to_descriptors(settings.MAX_STREAMS, part=PART_OF_DESCRIPTORS)
        try:
            seat = STREAMS.take(owner_of(request), share=settings.OWNER_MAX_STREAMS, in_all=most)
        except NoSeat as full:
            return _refuse(full)
        return StreamingHttpResponse(Stream(task_id, seen=seen, seat=seat), headers=HEADERS)


def _refuse(full: NoSeat) -> HttpResponse:
    who, status = ("You have", 429) if full.own_share else ("This server has", 503)
    detail = f"{who} too many event streams open; ask tasks/status instead."
    return problem(status, "too-many-streams", detail, headers={"Retry-After": "5"})


class Stream:
    """The body of one response."""

    # An object and no async generator, because close() is called for certain then when the client is gone.

    def __init__(self, run_id: uuid.UUID, *, seen: str, seat: Seat) -> None:
        self._seat = seat
        self._run_id = run_id
        self._seen = seen
        self._watch: tuple[asyncio.AbstractEventLoop, Hub, Watcher] | None = None
        self._ended = False
        self._sent_at = 0.0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._watch is None:
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
        """Stop watching. Called when the response is over, however it ended, in whatever thread."""
        self._seat.leave()
        if self._watch is not None:
            loop, hub, watcher = self._watch
            loop.call_soon_threadsafe(hub.leave, watcher)

    async def _wait_for_news(self, watcher: Watcher) -> Update | None:
        """The newest update that the client has not seen; None when there will be none."""
        while True:
            if not watcher.over:
                await watcher.changed.wait()
            # A gap between events, in which those that are passed by cost nothing; then the newest is taken.
            await asyncio.sleep(self._sent_at + LEAST_GAP_S - time.monotonic())
            watcher.changed.clear()
            update = watcher.update
            if update is not None and (update.final or update.event_id != self._seen):
                return update
            if watcher.over:
                return None
