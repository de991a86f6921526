"""The ASGI application: answers each request by one hop to a thread, and lets go of what clients would
hold."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import resource
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeVar

import django
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix
from django.utils.module_loading import import_string

from api.problems import problem
from api.waiting.later import Later
from backend.serving.bodies import Receive, Send, read_body
from backend.serving.compression import compress
from backend.telemetry.requests import (
    REQUEST_ID_HEADER,
    NotedStatus,
    bring_notes,
    count_answer,
    count_request,
    describe_request,
    take_request_id,
    trace_request,
)
from data_processing.database.release import release_connections
from data_processing.errors import BadRequestBody
from data_processing.tracing import Span

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
logger = logging.getLogger(__name__)
T = TypeVar("T")

# As many as database connections: under load, requests wait here, where nothing ends their patience, and not
# for a connection. More threads get less done, because each switch between them costs: 200 clients had 117
# answers a second from 16, 105 from 4 and 95 from 64.
REQUEST_THREADS = 16
# Of their own, by the beginning of the path: who asks whether the process lives must not wait for what it
# waits for, and operators' and Prometheus' questions wait for a broker and for workers that may be silent.
THREADS_APART = {"/health/": 2, "/api/v1/ops/": 4, "/metrics": 2}


class OneThreadHandler(ASGIHandler):
    """Answers a request by one hop to a thread, where middleware, view and rendering run, and one back.

    Whoever waits for its client, or with it, holds neither thread nor database connection: streams and
    responses for later come out of the thread unfinished and go on in the event loop.
    """

    # Django's own handler hops for every middleware and signal, starts a thread for each request, and listens
    # for the departure of a client while the view runs, which nothing can stop: more processor time than the
    # API's work (docs/decisions/0011).

    def __init__(self) -> None:
        super().__init__()
        self.assistants = _open_to_assistants(self) if settings.MCP else None
        self._threads = ThreadPoolExecutor(REQUEST_THREADS, thread_name_prefix="request")
        self._threads_apart = {
            beginning: ThreadPoolExecutor(threads, thread_name_prefix=beginning.strip("/"))
            for beginning, threads in THREADS_APART.items()
        }

    def load_middleware(self, is_async: bool = False) -> None:
        # Middleware, too, runs in the request's one thread.
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            # Only where it serves, not wherever it is imported. By name, because its modules need the apps.
            import_string("data_processing.operations.watch.start")()
            async with self.assistants.living() if self.assistants else contextlib.nullcontext():
                await _live(receive, send)
            return
        request_id = take_request_id(scope)
        began = time.perf_counter()
        try:
            body = await read_body(scope, receive)
        except RequestAborted:
            return
        except BadRequestBody as error:
            # The rest of the body stays unread: it must not be taken for the next request.
            close = {"Connection": "close", REQUEST_ID_HEADER: request_id}
            refusal = problem(error.status, error.code, str(error), headers=close)
            count_request(None, refusal, method=scope["method"], seconds=time.perf_counter() - began)
            await self.send_response(refusal, send)
            return
        if self.assistants is not None and self.assistants.is_meant(scope):
            await self._answer_assistant(self.assistants, scope, body, receive, send)
            return
        # The wait for a thread counts, the client's own time for its body does not.
        began = time.perf_counter()
        response = await _call(self._threads_for(scope["path"]), self._respond, scope, body, began)
        response.headers[REQUEST_ID_HEADER] = request_id
        if _is_unfinished(response):
            await self._accompany(scope, response, receive, send)
        else:
            await self.send_response(response, send)

    async def _answer_assistant(
        self, endpoint: Any, scope: Mapping[str, Any], body: BytesIO, receive: Receive, send: Send
    ) -> None:
        """In the event loop: what it asks of the API comes back to this handler, as requests."""
        noted = NotedStatus(send)
        refusal = endpoint.refuse(scope)
        if refusal is not None:
            await self.send_response(refusal, noted)
        else:
            await endpoint.answer(scope, body, receive, noted)
        count_answer(endpoint.path, method=scope["method"], status=noted.status)

    def _threads_for(self, path: str) -> ThreadPoolExecutor:
        for beginning, threads in self._threads_apart.items():
            if path.startswith(beginning):
                return threads
        return self._threads

    def create_request(self, scope: Any, body_file: Any) -> Any:
        request, refusal = super().create_request(scope, body_file)
        size = body_file.getbuffer().nbytes
        # A body in chunks announces no length, and is no body to Django's and DRF's parsers without one.
        if request is not None and size:
            request.META["CONTENT_LENGTH"] = str(size)
        return request, refusal

    def _respond(self, scope: Mapping[str, Any], body: Any, began: float) -> HttpResponseBase:
        with trace_request(scope) as span:
            return self._respond_within(span, scope, body, began)

    def _respond_within(
        self, span: Span, scope: Mapping[str, Any], body: Any, began: float
    ) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        try:
            signals.request_started.send(sender=type(self), scope=scope)
            request, response = self.create_request(scope, body)
            if request is not None:
                response = self.get_response(request)
            response._handler_class = type(self)
            whole = response if _is_unfinished(response) else _finish(response, scope)
            count_request(request, whole, method=scope["method"], seconds=time.perf_counter() - began)
            describe_request(span, request, whole, method=scope["method"])
            return whole
        finally:
            release_connections()

    async def _accompany(
        self, scope: Mapping[str, Any], response: HttpResponseBase, receive: Receive, send: Send
    ) -> None:
        """Send what takes its time, until it is over or the client has gone; close it in any case."""
        going_on = asyncio.create_task(self._go_on(scope, response, send))
        leaving = asyncio.create_task(_wait_for_leave(receive))
        try:
            await asyncio.wait((going_on, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            going_on.cancel()
            leaving.cancel()
            await asyncio.gather(going_on, leaving, return_exceptions=True)
            await _call(self._threads, response.close)
        if not going_on.cancelled():
            going_on.result()

    async def _go_on(self, scope: Mapping[str, Any], response: HttpResponseBase, send: Send) -> None:
        if isinstance(response, Later):
            waited = await response.wait()
            await _call(self._threads, _complete, response, scope, waited)
        await self.send_response(response, send)


def _open_to_assistants(application: OneThreadHandler) -> Any:
    # By its name: who switches it off does not pay for its packages, 27 MB of each process.
    return import_string("assistants.endpoint.Endpoint")(application)


async def _live(receive: Receive, send: Send) -> None:
    """From the server's start to its end, which it does not reach otherwise: it dies of the signal it got."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await asyncio.to_thread(bring_notes)
    await send({"type": "lifespan.shutdown.complete"})


async def _call(threads: ThreadPoolExecutor, function: Callable[..., T], *arguments: object) -> T:
    """What the function returns, called in one of the threads, with the context of this request."""
    working = threads.submit(contextvars.copy_context().run, function, *arguments)
    return await asyncio.wrap_future(working)


def _is_unfinished(response: HttpResponseBase) -> bool:
    return isinstance(response, Later) or getattr(response, "is_async", False)


def _finish(response: HttpResponseBase, scope: Mapping[str, Any]) -> HttpResponseBase:
    """The same response with all of its content, compressed where the client takes it so; closed."""
    whole = response
    if isinstance(response, StreamingHttpResponse):
        # A file of our pages, from whitenoise; Django would read it as a whole, too.
        whole = HttpResponse(response.getvalue(), status=response.status_code, headers=response.headers)
        whole.cookies = response.cookies
    response.close()
    if isinstance(whole, HttpResponse):
        compress(whole, scope["headers"], method=scope["method"])
    return whole


def _complete(response: Later, scope: Mapping[str, Any], waited: bool) -> None:
    try:
        if waited:
            response.complete()
        if isinstance(response, HttpResponse):
            compress(response, scope["headers"], method=scope["method"])
    finally:
        release_connections()


async def _wait_for_leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def allow_open_files() -> None:
    """Let this process open as many files as the system lets it: each client that waits is one."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError) as error:
        # macOS says "unlimited" and does not mean it.
        logger.warning("this process may open %s files and no more: %s", now, error)


django.setup(set_prefix=False)
allow_open_files()
application = OneThreadHandler()
