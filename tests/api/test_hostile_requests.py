"""Query strings and headers as nobody sends them by mistake, to every path that there is: what cannot be read
is a problem that says so, and nothing breaks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.middleware import API_PATH
from api.requests.parameters import Parameter
from data_processing.operations import overview
from tests import brokers
from tests.api.conftest import TASKS, start, work_off

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DOWN = {"/health/ready"}
"""Paths that may answer 503: here, no broker and no Redis run."""


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every path of ours with its view; the admin's are Django's."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, getattr(pattern.callback, "view_class", None) or pattern.callback
        elif not route.startswith("admin/"):
            yield from routes(pattern, route)


UNKNOWN = "^(api|health|metrics)(/|$)"
ROUTES = {route.replace(UNKNOWN, "api/x"): view for route, view in routes(get_resolver())}


def cursor(text: str) -> str:
    return quote(base64.b64encode(text.encode()).decode())


NASTY = (
    *("", "0", "-1", "1e9", "²", "٣", "1_0", "9" * 19, "9" * 5000, "null", "a" * 3000, "\x00", "a\x00b", "'"),
    *("*", '"', ",", "=;,", "é", "\x7f"),
)
RAW = (
    *("%", "%00", "%ff", "%ed%a0%80", "%25", "a%0d%0ab", "cD1hYmM=", "+", "%2b", "\xff"),
    *(cursor("p=2024-13-45 00:00:00+00:00"), cursor("p=0001-01-01 00:00:00+14:00"), cursor("p=\x00")),
    *(cursor("o=" + "9" * 5000), cursor("r=x"), cursor("o=1&o=2"), cursor("x=1"), cursor("p=9999-12-31")),
)
LONG = "9" * 5000
BASIC = [base64.b64encode(pair).decode() for pair in (b"a\x00b:c", b"ops:\x00", b"\xff:", b"a")]
HEADERS: dict[str, tuple[str, ...]] = {
    "Accept": ("text/html", "image/png", "application/json; q=x", "a/b/c", "*/*;version=\xff"),
    "Authorization": ("Basic", "Basic =", "Bearer \x00", *(f"Basic {pair}" for pair in BASIC)),
    "Content-Type": ("text/plain", "application/json; charset=x", "multipart/form-data", "\x00/\x00"),
    "Cookie": ("sessionid=\x00", "sessionid=a:b:c", "csrftoken=\xff", "=;=", "a" * 5000),
    "Host": ("a b", "[::1", "x:y", "evil.example", "\x00"),
    "Idempotency-Key": ("a\x00b", "é", "k" * 201),
    "If-None-Match": ("*", 'W/"', '"a", *'),
    "If-Range": ("Mon, 99 Foo", "W/*"),
    "Last-Event-ID": ("1-PENDING-0-x", "\x00"),
    "Prefer": ("wait", "wait=", "wait=²", f"wait={LONG}", "wait=-1", "wait=0, wait=x", "=;,wait"),
    "Range": ("bytes=9-3", "bytes=²-³", f"bytes=0-{LONG}", f"bytes={LONG}-", f"bytes=-{LONG}", "bytes=-0"),
    **dict.fromkeys(("Accept-Language", "If-Match", "If-Modified-Since", "Origin", "Referer"), ("x",)),
    **dict.fromkeys(("X-CSRFToken", "X-Forwarded-For", "X-Forwarded-Proto", "X-Requested-With"), ("x",)),
}
"""Headers, each with values that are wrong in a way of its own."""


def header_values(name: str) -> st.SearchStrategy[tuple[str, str]]:
    # Servers let through all bytes but the end of the line, and give them as Latin-1.
    anything = st.sampled_from(NASTY) | st.text(
        st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30
    )
    latin = (st.sampled_from(HEADERS[name]) | anything).map(lambda text: text.encode().decode("latin-1"))
    return st.tuples(st.just(name), latin)


headers = st.lists(st.sampled_from(sorted(HEADERS)).flatmap(header_values), max_size=3).map(dict)


def queries(parameters: list[Parameter]) -> st.SearchStrategy[str]:
    """Query strings of declared names and others, with values of all sorts."""
    names = st.sampled_from([parameter.name for parameter in parameters] or ["x"]) | st.text(max_size=8)
    good = st.sampled_from(["1", "search", "PENDING", "open", "contractors", "high"])
    values = st.sampled_from(RAW) | (st.sampled_from(NASTY) | st.text(max_size=20) | good).map(quote)
    pairs = st.tuples(names.map(quote), values).map("=".join)
    return st.lists(pairs, max_size=3).map("&".join)


def paths(route: str, known: list[UUID]) -> st.SearchStrategy[str]:
    """Addresses that the route matches, and some that it does not, because a part is nonsense."""
    ids = st.sampled_from([str(key) for key in known] or ["x"]) | st.uuids().map(str)
    numbers = st.sampled_from(["0", "1", str(2**63), "9" * 5000])
    parts = {"uuid": ids, "int": numbers, "str": st.sampled_from(["x", "%00"])}
    parts["kind"] = st.sampled_from(["contractors", "areas"])
    parts["slug"] = st.sampled_from(["x", "pena-sons-be7c8d40470f", "%00"])
    parts["path"] = st.sampled_from(["x", "a/b/c", "..%2fx", "%00"])
    strategy = st.just("/")
    for text, kind in re.findall(
        r"([^<]*)(?:<(\w+):\w+>)?", route.replace(r"^(api|health|metrics)(/|$)", "api/x")
    ):
        strategy = st.builds(str.__add__, strategy, st.just(text))
        if kind:
            strategy = st.builds(str.__add__, strategy, parts[kind])
    return strategy


@pytest.mark.usefixtures("quiet")
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
@pytest.mark.parametrize("route", ROUTES, ids=str)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_nothing_in_a_query_or_header_breaks_an_answer(
    data: st.DataObject, route: str, visitor: Client, staff: Client, known: list[UUID]
) -> None:
    client = data.draw(st.sampled_from([visitor, staff]))
    path = data.draw(paths(route, known))
    query = data.draw(queries(list(getattr(ROUTES[route], "query", ()))))
    method = data.draw(st.sampled_from(METHODS))
    given_headers = {"Content-Type": "application/json", **data.draw(headers)}
    environ: dict[str, Any] = {_environ_name(name): value for name, value in given_headers.items()}
    with transaction.atomic():
        response: Any = client.generic(
            method,
            path,
            b"" if method in ("GET", "HEAD", "OPTIONS") else b"{}",
            **environ,
            QUERY_STRING=query.encode().decode("latin-1"),
        )
        transaction.set_rollback(True)
    if response.streaming and response["Content-Type"].startswith("text/event-stream"):
        # Or it keeps its seat, which later tests of this process would miss. The end of a request closes the
        # database connection too, which is the test's.
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
    assert response.status_code < 500 or path in DOWN
    if response.status_code >= 400 and API_PATH.match(path) and path not in DOWN:
        if path.endswith("/download/") and response["Content-Type"].startswith("text/html"):
            # Who follows a link to a file in a browser gets a page.
            assert "text/html" in given_headers["Accept"]
            return
        assert response["Content-Type"] == "application/problem+json"
        assert method == "HEAD" or response.json()["status"] == response.status_code


def _environ_name(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


@pytest.fixture
def known(visitor: Client, route: str) -> list[UUID]:
    """A finished export, and a search that waits, where the route is about such."""
    if "<uuid" not in route:
        return []
    done = start(visitor, "export", {"format": "csv"})
    work_off()
    return [UUID(done["task_id"]), UUID(start(visitor, "search")["task_id"])]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for servers that do not run."""
    monkeypatch.setattr(overview, "REPLY_WITHIN_S", 0.01)
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    brokers.reset_connections()


def test_every_path_of_the_api_is_tried() -> None:
    assert {route for route in ROUTES if route.startswith("api/v1/")}
    assert len(ROUTES) > 40
    assert TASKS.removeprefix("/") in ROUTES
