"""The web server's door."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase

from backend.bodies import BoundedBodies
from data_processing.api.later import Later
from data_processing.api.release import release_connections, release_request_thread

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
logger = logging.getLogger(__name__)

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class OneThreadHandler(BoundedBodies):
    """Runs the middleware and the view of a request in one thread, with one hop there and one back.

    Django's own handler hops for every middleware, which costs more than the API's work. Asynchronous views
    still run in the event loop, and hold the thread only until they have returned their response.

    Whoever waits for its client, or with it, holds neither thread nor database connection: the connection
    goes with the end of the view, the thread before a wait and before the first byte of a stream.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        made: list[HttpResponseBase] = []
        try:
            await sync_to_async(self._respond, thread_sensitive=True)(request, made)
            (response,) = made
            if isinstance(response, Later):
                await self._wait(response)
        except asyncio.CancelledError:
            # The client is gone, and Django closes only what is returned. In the request's thread, so that a
            # view that still runs there has ended by then.
            await sync_to_async(_close, thread_sensitive=True)(made)
            raise
        return response

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        async def send_without_thread(message: Mapping[str, Any]) -> None:
            # Each time, because Django takes one again to read a synchronous stream.
            release_request_thread()
            await send(message)

        try:
            await super().send_response(response, send_without_thread if response.streaming else send)
        except asyncio.CancelledError:
            raise
        except BaseException:
            # Django closes after a cancellation, but not after a stream that broke.
            response.close()
            raise

    def _respond(self, request: HttpRequest, made: list[HttpResponseBase]) -> None:
        try:
            made.append(self.get_response(request))
        finally:
            release_connections()

    async def _wait(self, response: Later) -> None:
        release_request_thread()
        if await response.wait():
            await sync_to_async(_complete, thread_sensitive=True)(response)


def _complete(response: Later) -> None:
    try:
        response.complete()
    finally:
        release_connections()


def _close(responses: Iterable[HttpResponseBase]) -> None:
    for response in responses:
        response.close()


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
