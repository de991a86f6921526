"""A real nginx with the configuration of deploy/: it sends files, we say which; and it bounds what comes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from data_processing.models import ExportFile
from data_processing.outputs import files
from tests.api.conftest import start, work_off
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers.nginx import Nginx, run_nginx

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def nginx(live_server: LiveServer, settings: Settings, dataset: object, tmp_path: Path) -> Iterator[Nginx]:
    """nginx before this process; the export folder is the test's own."""
    settings.EXPORT_ACCEL_PREFIX = "/protected/exports/"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.PROXIES = 1
    # So few that a test reaches them.
    limits = {"rate=100r/s": "rate=1r/m", "burst=200": "burst=20", "_timeout 10s": "_timeout 1s"}
    with run_nginx(
        tmp_path / "nginx",
        web=f"http://{LOOPBACK}:{live_server.thread.port}",
        edge=True,
        exports=django_settings.EXPORT_ROOT,
        changes=limits,
    ) as nginx:
        yield nginx


@pytest.fixture
def export(visitor: Client) -> ExportFile:
    start(visitor, "export", {"format": "csv"})
    work_off()
    return ExportFile.objects.get()


def test_nginx_sends_the_file_whole_in_ranges_and_resumed(
    nginx: Nginx, visitor: Client, export: ExportFile
) -> None:
    path = f"/api/v1/data-processing/exports/{export.pk}/download/"
    content = files.absolute_path(export.path).read_bytes()

    def fetch(method: str = "GET", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return nginx.fetch(path, method, cookies=visitor.cookies, headers=named)

    status, headers, body = fetch()
    assert (status, hashlib.sha256(body).hexdigest()) == (200, export.sha256)
    assert "philgeps-all-contracts.csv" in headers["Content-Disposition"]
    assert headers["Content-Type"].startswith("text/csv")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (headers["Cache-Control"], headers["Accept-Ranges"]) == ("private, no-transform", "bytes")
    etag = headers["ETag"]
    assert not etag.startswith("W/")
    assert fetch(Range="bytes=5-14")[::2] == (206, content[5:15])
    assert fetch(Range="bytes=5-", If_Range=etag)[::2] == (206, content[5:])
    assert fetch(Range="bytes=5-", If_Range='"another"')[::2] == (200, content)
    assert fetch(Range=f"bytes={len(content)}-")[0] == 416
    assert fetch(If_None_Match=etag)[0] == 304
    status, headers, body = fetch("HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(content)), b"")


def test_nginx_gives_no_file_to_those_whom_we_do_not_send_there(
    nginx: Nginx, visitor: Client, export: ExportFile
) -> None:
    assert nginx.fetch(f"/protected/exports/{export.path}", cookies=visitor.cookies)[0] == 404
    assert nginx.fetch(f"/api/v1/data-processing/exports/{export.pk}/download/")[0] == 404


def test_nginx_slows_down_those_who_guess_passwords(nginx: Nginx) -> None:
    def statuses(method: str, times: int) -> list[int]:
        return [nginx.fetch("/login/", method)[0] for _ in range(times)]

    assert set(statuses("POST", 11)) == {403}, "without a token, these are refused by the page itself"
    assert 429 in statuses("POST", 20)
    assert set(statuses("GET", 20)) == {200}


def test_nginx_slows_down_those_who_flood_the_api_by_a_problem(nginx: Nginx) -> None:
    answers = [nginx.fetch("/api/v1/contracts/columns/") for _ in range(25)]
    assert [status for status, _, _ in answers] == [200] * 21 + [429] * 4
    _, headers, body = answers[-1]
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Retry-After"]) > 0
    assert json.loads(body)["code"] == "too-many-requests"
    assert nginx.fetch("/help/")[0] == 200


def test_nginx_refuses_bodies_and_headers_that_are_too_large_before_it_reads_them(nginx: Nginx) -> None:
    search = "/api/v1/data-processing/tasks/search/"
    for answer in (
        nginx.speak(f"POST {search} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000000\r\n\r\n"),
        nginx.speak(f"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {'a' * 20_000}\r\n\r\n"),
        nginx.speak(f"GET /?{'a' * 20_000} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ):
        head, _, body = answer.partition("\r\n\r\n")
        assert "application/problem+json" in head
        assert json.loads(body)["status"] == int(head.split()[1])
        assert int(head.split()[1]) in (413, 431)


def test_nginx_does_not_wait_for_those_who_send_slowly(nginx: Nginx) -> None:
    assert nginx.speak("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") == ""
    search = "/api/v1/data-processing/tasks/search/"
    unfinished = f"POST {search} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{"
    assert not nginx.speak(unfinished).startswith("HTTP/1.1 2")


def test_nginx_says_by_a_problem_that_nobody_is_behind_it(tmp_path: Path) -> None:
    with run_nginx(tmp_path / "nginx", web=f"http://{LOOPBACK}:{pick_port()}") as nginx:
        status, headers, body = nginx.fetch("/api/v1/contracts/columns/")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert json.loads(body)["code"] == "away"


def test_web_learns_from_nginx_who_asks_and_how(nginx: Nginx, visitor: Client, settings: Settings) -> None:
    settings.SIGN_IN_TRIES, settings.BASIC_AUTH = 1, True
    guess = {"Authorization": "Basic YW5hOndyb25n"}
    tried = [
        nginx.fetch("/api/v1/ops/pace/", headers={"X-Forwarded-For": f"198.51.100.{number}", **guess})[0]
        for number in range(3)
    ]
    assert tried == [401, 429, 429], "the address that a stranger writes is not believed"
    start(visitor, "search")
    start(visitor, "aggregates")
    page = nginx.fetch("/api/v1/data-processing/tasks/?page_size=1", cookies=visitor.cookies)
    assert json.loads(page[2])["next"].startswith(nginx.url)


def test_http_is_sent_to_https(nginx: Nginx) -> None:
    answer = nginx.speak("GET /tasks/?a=1 HTTP/1.1\r\nHost: localhost:3200\r\n\r\n", tls=False)
    assert answer.startswith("HTTP/1.1 307")
    assert "Location: https://localhost:3200/tasks/?a=1\r\n" in answer
    status, headers, _ = nginx.fetch(f"{nginx.other_url}/tasks/?a=1", headers={"Host": "explorer.example"})
    assert (status, headers["Location"]) == (308, "https://explorer.example/tasks/?a=1")


def test_cookies_travel_by_https_alone_where_they_were_given_by_it(nginx: Nginx) -> None:
    _, headers, _ = nginx.fetch("/login/")
    cookies = SimpleCookie(headers["Set-Cookie"])
    assert cookies["csrftoken"]["secure"]
