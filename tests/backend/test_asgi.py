"""What the web server's handler lets go of and closes, with views of the tests' own."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from api.waiting.later import Later
from api.waiting.seats import fit_to_descriptors
from backend.asgi import REQUEST_THREADS, allow_open_files
from tests.api.exchange import Exchange, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Held:
    """What the latest view holds, what holds it up, and whether its response was closed."""

    database: BaseDatabaseWrapper
    go_on: asyncio.Event
    noted = closed = False

    @classmethod
    def note(cls) -> None:
        """Hold a database connection."""
        cls.database = connections["default"]
        cls.database.ensure_connection()
        cls.noted = True

    @classmethod
    def nothing(cls) -> bool:
        return cls.noted and cls.database.connection is None


class Body:
    """A stream that gives nothing before it may go on, and breaks then."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await Held.go_on.wait()
        raise OSError("the store went away")

    def close(self) -> None:
        Held.closed = True


class Patient(Later, HttpResponse):
    """First, and last when one has waited."""

    async def wait(self) -> bool:
        await Held.go_on.wait()
        return True

    def complete(self) -> None:
        Held.note()
        self.content = b"last"

    def close(self) -> None:
        super().close()
        Held.closed = True


def stream(request: HttpRequest) -> HttpResponseBase:
    Held.note()
    return StreamingHttpResponse(Body())


def later(request: HttpRequest) -> HttpResponseBase:
    Held.note()
    return Patient(b"first")


def plain(request: HttpRequest) -> HttpResponseBase:
    Held.note()
    return HttpResponse(b"plain")


urlpatterns = [path("stream/", stream), path("later/", later), path("plain/", plain)]


@pytest.fixture(autouse=True)
def views(settings: Settings) -> None:
    """The application answers with the views above."""
    settings.ROOT_URLCONF = __name__
    Held.noted = Held.closed = False


def test_a_stream_holds_no_connection_before_its_first_byte() -> None:
    async def scene() -> None:
        Held.go_on = asyncio.Event()
        exchange = Exchange("/stream/")
        await exchange.start()
        await wait_for(Held.nothing)
        await exchange.disconnect()
        assert Held.closed

    asyncio.run(scene())


def test_a_stream_that_breaks_is_closed() -> None:
    async def scene() -> None:
        Held.go_on = asyncio.Event()
        exchange = Exchange("/stream/")
        await exchange.start()
        Held.go_on.set()
        with pytest.raises(OSError, match="the store went away"):
            await exchange.end()
        assert Held.closed

    asyncio.run(scene())


def test_a_later_response_holds_no_connection_while_it_waits_and_when_it_is_sent() -> None:
    async def scene() -> None:
        Held.go_on = asyncio.Event()
        exchange = Exchange("/later/")
        await exchange.send()
        await wait_for(Held.nothing)
        Held.go_on.set()
        await exchange.receive_head()
        assert await exchange.receive() == b"last"
        assert Held.database.connection is None
        await exchange.end()
        assert Held.closed

    asyncio.run(scene())


def test_a_later_response_whose_client_is_gone_is_closed() -> None:
    async def scene() -> None:
        Held.go_on = asyncio.Event()
        exchange = Exchange("/later/")
        await exchange.send()
        await wait_for(Held.nothing)
        await exchange.disconnect()
        assert Held.closed

    asyncio.run(scene())


@pytest.mark.parametrize("path", ["/later/", "/stream/"])
def test_more_may_wait_than_there_are_threads(path: str) -> None:
    async def scene() -> None:
        Held.go_on = asyncio.Event()
        waiting = [Exchange(path) for _ in range(REQUEST_THREADS + 1)]
        for exchange in waiting:
            await exchange.send()
        plain = Exchange("/plain/")
        await plain.start()
        assert await plain.receive() == b"plain"
        for exchange in waiting:
            await exchange.disconnect()

    asyncio.run(scene())


def test_an_ordinary_answer_has_given_its_connection_back_before_it_is_sent() -> None:
    async def scene() -> None:
        exchange = Exchange("/plain/")
        await exchange.start()
        assert Held.database.connection is None
        await exchange.receive()
        await exchange.end()

    asyncio.run(scene())


@pytest.fixture
def few_files() -> Iterator[int]:
    """The process may open few files, if it does nothing about it; how many it may at most."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, most))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_those_who_wait_get_a_part_of_the_files_that_a_process_may_open(few_files: int) -> None:
    assert fit_to_descriptors(2500, part=0.5) == 200
    allow_open_files()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == few_files
    assert fit_to_descriptors(150, part=0.5) == 150
