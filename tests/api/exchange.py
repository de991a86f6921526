"""Requests to the web server's application inside this process, as a server makes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection

from api.access.owners import VISITOR_COOKIE, sign_visitor
from api.views.events import STREAMS
from api.waiting.waits import WAITERS
from backend.asgi import application

PATIENCE_S = 20
Result = TypeVar("Result")


class Exchange:
    """One request of a visitor and what has come back so far. With a ``body`` it is a POST of it as JSON."""

    def __init__(
        self, path: str, *, owner: str = "a", body: Mapping[str, Any] | None = None, **headers: str
    ) -> None:
        """``headers`` are written with underscores."""
        named = {"host": "localhost", "cookie": cookie_of(owner), "content-type": "application/json"}
        named |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        self._sent = b"" if body is None else json.dumps(body).encode()
        named["content-length"] = str(len(self._sent))
        scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        make: Any = ApplicationCommunicator  # asgiref does not type it
        self._communicator = make(application, scope)
        self.status = 0
        self.headers: dict[str, str] = {}

    async def send(self) -> None:
        await self._communicator.send_input({"type": "http.request", "body": self._sent})

    async def start(self) -> None:
        """Send the request and return with the first line of the answer."""
        await self.send()
        await self.receive_head()

    async def receive_head(self) -> None:
        answer = await self._communicator.receive_output(PATIENCE_S)
        self.status = answer["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in answer["headers"]}

    async def is_silent(self, for_s: float) -> bool:
        """Whether nothing comes for so long."""
        silent: bool = await self._communicator.receive_nothing(timeout=for_s)
        return silent

    async def receive(self) -> bytes:
        output = await self._communicator.receive_output(PATIENCE_S)
        body: bytes = output.get("body", b"")
        return body

    async def receive_json(self) -> dict[str, Any]:
        """The body of a short answer."""
        text = await self.receive()
        assert len(text) == int(self.headers["content-length"])
        body: dict[str, Any] = json.loads(text)
        return body

    async def disconnect(self) -> None:
        """The client goes away; returns when the application is done with it."""
        await self._communicator.send_input({"type": "http.disconnect"})
        await self._communicator.wait(PATIENCE_S)

    async def end(self) -> None:
        """Return when the application is done with an answer that has been sent."""
        await self._communicator.wait(PATIENCE_S)


def cookie_of(owner: str) -> str:
    return f"{VISITOR_COOKIE}={sign_visitor(owner)}"


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def hub_is_gone() -> None:
    """Return when nothing of the event loop's hub runs any more, apart from its listening to Redis."""
    await wait_for(lambda: not any(task.get_name() == "event-hub" for task in asyncio.all_tasks()))


async def apart(call: Callable[..., Result], *arguments: object, **named: object) -> Result:
    """Call from inside an event loop what touches the database; its connection does not stay behind."""

    def call_and_close() -> Result:
        try:
            return call(*arguments, **named)
        finally:
            connection.close()

    return await sync_to_async(call_and_close, thread_sensitive=False)()


def run_alone(scene: Coroutine[Any, Any, None]) -> None:
    """Run in an event loop of its own, which must be left without streams and waits."""
    asyncio.run(scene)
    assert (STREAMS.taken, WAITERS.taken) == (0, 0)
