"""Downloads through a real nginx with the configuration of deploy/: it sends the files, we say which."""

from __future__ import annotations

import hashlib
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from data_processing import files
from data_processing.models import ExportFile
from stack.children import kill_group, spawn, wait_until
from stack.ports import is_listening, pick_port
from tests.data_processing.api.conftest import start, work_off

pytestmark = pytest.mark.django_db(transaction=True)

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "nginx.conf"
AROUND = """daemon off; {user} pid {folder}/pid; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
uwsgi_temp_path {folder}; scgi_temp_path {folder}; {served} }}"""


@pytest.fixture
def nginx(live_server: LiveServer, settings: Settings, dataset: object, tmp_path: Path) -> Iterator[str]:
    """The address of nginx before this process; the export folder is the test's own."""
    settings.EXPORT_ACCEL_PREFIX = "/protected/exports/"
    port = pick_port()
    served = CONFIGURATION.read_text()
    for there, here in (
        ("server web:3200", f"server {live_server.thread.host}:{live_server.thread.port}"),
        ("listen 80", f"listen 127.0.0.1:{port}"),
        ("alias /data/exports/", f"alias {django_settings.EXPORT_ROOT}/"),
    ):
        assert there in served
        served = served.replace(there, here)
    folder = tmp_path / "nginx"
    folder.mkdir()
    # The folders of tests are closed to other users.
    user = "user root;" if tmp_path.owner() == "root" else ""
    (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder, served=served))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [program, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    log = folder / "log"
    with log.open("ab") as output:
        child = spawn(command, environment={}, folder=folder, output=output)
    try:
        wait_until(lambda: is_listening(port), child=child, name="nginx", within_s=20, log=log)
        yield f"http://127.0.0.1:{port}"
    finally:
        kill_group(child)


@pytest.fixture
def export(visitor: Client) -> ExportFile:
    start(visitor, "export", {"format": "csv"})
    work_off()
    return ExportFile.objects.get()


def fetch(visitor: Client, url: str, method: str = "GET", **headers: str) -> Any:
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.cookies.items())
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers={"Cookie": cookie, **named})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        return error.code, error.headers, error.read()


def test_nginx_sends_the_file_whole_in_ranges_and_resumed(
    nginx: str, visitor: Client, export: ExportFile
) -> None:
    url = f"{nginx}/api/v1/data-processing/exports/{export.pk}/download/"
    content = files.absolute_path(export.path).read_bytes()
    status, headers, body = fetch(visitor, url)
    assert (status, hashlib.sha256(body).hexdigest()) == (200, export.sha256)
    assert "philgeps-all-contracts.csv" in headers["Content-Disposition"]
    assert headers["Content-Type"].startswith("text/csv")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (headers["Cache-Control"], headers["Accept-Ranges"]) == ("private, no-transform", "bytes")
    etag = headers["ETag"]
    assert not etag.startswith("W/")
    assert fetch(visitor, url, Range="bytes=5-14")[::2] == (206, content[5:15])
    assert fetch(visitor, url, Range="bytes=5-", If_Range=etag)[::2] == (206, content[5:])
    assert fetch(visitor, url, Range="bytes=5-", If_Range='"another"')[::2] == (200, content)
    assert fetch(visitor, url, Range=f"bytes={len(content)}-")[0] == 416
    assert fetch(visitor, url, If_None_Match=etag)[0] == 304
    status, headers, body = fetch(visitor, url, "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(content)), b"")


def test_nginx_gives_no_file_to_those_whom_we_do_not_send_there(
    nginx: str, visitor: Client, export: ExportFile
) -> None:
    assert fetch(visitor, f"{nginx}/protected/exports/{export.path}")[0] == 404
    assert fetch(Client(), f"{nginx}/api/v1/data-processing/exports/{export.pk}/download/")[0] == 404


def test_nginx_slows_down_those_who_guess_passwords(nginx: str) -> None:
    def statuses(method: str, times: int) -> list[int]:
        return [fetch(Client(), f"{nginx}/login/", method)[0] for _ in range(times)]

    assert set(statuses("POST", 11)) == {403}, "without a token, these are refused by the page itself"
    assert 429 in statuses("POST", 20)
    assert set(statuses("GET", 20)) == {200}
