"""Secrets come from a file, from Google Secret Manager (here a server that speaks its protocol), or from the
environment; what cannot be read is told by name."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from backend import env, secrets
from tools.stack.ports import LOOPBACK, pick_port

NAME = "METRICS_TOKEN"


class SecretManager(HTTPServer):
    """Secrets and their versions, by the paths of the REST API version 1."""

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), Handler)
        self.versions: dict[str, list[bytes]] = {}
        self.reads = 0


class Handler(BaseHTTPRequestHandler):
    server: SecretManager

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1/")
        secret, _, version = path.partition("/versions/")
        if secret not in self.server.versions:
            self._answer(404, {"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}})
        elif not version:
            self._answer(200, {"name": secret})
        else:
            self.server.reads += 1
            newest = self.server.versions[secret][-1]
            self._answer(200, {"name": path, "payload": {"data": base64.b64encode(newest).decode()}})

    def do_POST(self) -> None:
        path, _, query = self.path.partition("?")
        path = path.removeprefix("/v1/")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if path.endswith(":addVersion"):
            secret = path.removesuffix(":addVersion")
            self.server.versions[secret].append(base64.b64decode(body["payload"]["data"]))
            self._answer(200, {"name": f"{secret}/versions/{len(self.server.versions[secret])}"})
        else:
            (made,) = (part.removeprefix("secretId=") for part in query.split("&") if "secretId" in part)
            self.server.versions[f"{path}/{made}"] = []
            self._answer(200, {"name": f"{path}/{made}"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(NAME, raising=False)
    secrets.forget()
    yield
    secrets.forget()


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretManager]:
    server = SecretManager()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(secrets.PROJECT, "flood")
    monkeypatch.setenv(secrets.PREFIX, "explorer-")
    monkeypatch.setenv(secrets.ENDPOINT, f"http://{LOOPBACK}:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()


def hand_in(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))


def test_file_wins_over_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(NAME, "of the environment")
    assert env.secret(NAME, "") == "of the environment"
    file = tmp_path / "token"
    file.write_text("of the file\n")
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    assert env.secret(NAME, "") == "of the file"


@pytest.mark.parametrize(("content", "culprit"), [(None, "cannot be read"), ("\n", "is empty")])
def test_file_without_a_secret_is_told(
    content: str | None, culprit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=f"{NAME}_FILE: .*{culprit}"):
        env.secret(NAME, "")


def test_secret_is_set_in_the_service_and_read_from_there(
    google: SecretManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("first", "second"):
        hand_in(monkeypatch, value)
        call_command("set_secret", NAME)
    assert google.versions == {"projects/flood/secrets/explorer-METRICS_TOKEN": [b"first", b"second"]}
    assert env.secret(NAME, "") == "second"


def test_service_is_asked_once_in_a_while(google: SecretManager, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(monkeypatch, "kept")
    call_command("set_secret", NAME)
    assert [env.secret(NAME, "") for _ in range(3)] == ["kept"] * 3
    assert google.reads == 1
    monkeypatch.setattr(secrets, "KEPT_S", 0.0)
    assert env.secret(NAME, "") == "kept"
    assert google.reads == 2


def test_what_the_service_does_not_have_comes_from_the_environment(
    google: SecretManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert env.secret(NAME, "default") == "default"
    monkeypatch.setenv(NAME, "of the environment")
    assert env.secret(NAME, "default") == "of the environment"


def test_service_that_is_away_stops_a_start_only_where_nothing_else_has_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(secrets.PROJECT, "flood")
    monkeypatch.setenv(secrets.ENDPOINT, f"http://{LOOPBACK}:{pick_port()}")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} cannot be read: .*refused"):
        env.secret(NAME, "default")
    monkeypatch.setenv(NAME, "of the environment")
    assert env.secret(NAME, "default") == "of the environment"


def test_secret_is_written_into_the_file_that_only_its_owner_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    monkeypatch.setenv(f"{NAME}_FILE", str(file))
    call_command("set_secret", NAME, "--random")
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(env.secret(NAME, "")) == 64
    assert list(tmp_path.iterdir()) == [file]


def test_secret_that_nothing_keeps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match=f"set {secrets.PROJECT} or {NAME}_FILE"):
        call_command("set_secret", NAME, "--random")
    hand_in(monkeypatch, "")
    with pytest.raises(CommandError, match="empty"):
        call_command("set_secret", NAME)
