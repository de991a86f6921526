"""A real web server over the test's database, and its clients: those who read, wait, follow and dawdle."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

from api.access.owners import VISITOR_COOKIE, sign_visitor
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import claims, insertion
from data_processing.lifecycle.runs.claims import Claim
from data_processing.lifecycle.runs.window import OwnerLimits
from data_processing.models import TaskRun
from tools.stack.children import spawn, stop_child, wait_until
from tools.stack.ports import LOOPBACK, is_listening, pick_port
from tools.stack.servers import Servers
from tools.stack.system import list_programs

CHECKOUT = Path(__file__).resolve().parents[2]
TASKS = "/api/v1/data-processing/tasks/"
EXPORTS = "/api/v1/data-processing/exports/"
POOL_SIZE = 4
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Message:
    """One server-sent event as a client understands it."""

    name: str
    event_id: str
    data: dict[str, Any]

    @property
    def current(self) -> int:
        return int(self.data["meta"]["current"])


class Connection:
    """One request; its answer is read as slowly as the test reads, and events line by line."""

    def __init__(
        self,
        port: int,
        path: str,
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None = None,
        buffer_bytes: int = 0,
    ) -> None:
        """With a ``body`` a POST. ``buffer_bytes`` bounds what the system reads ahead of the test."""
        self._http = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_S)
        self._http.sock = socket.socket()
        self._http.sock.settimeout(PATIENCE_S)
        if buffer_bytes:
            self._http.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        self._http.sock.connect((LOOPBACK, port))
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
        self._http.request(method, path, sent, {"Content-Type": "application/json", **headers})
        self._response: http.client.HTTPResponse | None = None

    @property
    def response(self) -> http.client.HTTPResponse:
        """The answer, as soon as its head is there."""
        if self._response is None:
            self._response = self._http.getresponse()
        return self._response

    @property
    def is_answered(self) -> bool:
        """Whether the server has sent anything."""
        return bool(select.select([self._http.sock], [], [], 0)[0])

    def __iter__(self) -> Iterator[Message]:
        """The messages until the server closes the stream."""
        fields: dict[str, str] = {}
        while line := self.response.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                yield Message(fields.get("event", "message"), fields["id"], json.loads(fields["data"]))
                fields = {}
            else:
                fields = {}

    def read_body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.response.read())
        return body

    def close(self) -> None:
        # The response holds the socket too.
        if self._response is not None:
            self._response.close()
        self._http.close()


class Web:
    """A web server process over the test's database; visitors are named by their owner's key."""

    def __init__(
        self, servers: Servers, folder: Path, *, within: Sequence[str], code: Path, **variables: str
    ) -> None:
        """``within`` is a command that the server's command is handed to; ``code`` the checkout it runs."""
        self.port = pick_port()
        self.folder = folder
        (program,) = (program for program in list_programs(self.port) if program.name == "web")
        self.log = folder / "web.log"
        database = str(connection.settings_dict["NAME"])
        environment = {**os.environ, **servers.environment(database=database)}
        # No test of this folder is about assistants, whose packages are a third of what a start costs.
        environment |= {
            "DATA_DIR": str(folder),
            "DATABASE_POOL_SIZE": str(POOL_SIZE),
            "MCP": "0",
            **variables,
        }
        with self.log.open("ab") as output:
            self.child: subprocess.Popen[bytes] = spawn(
                [*within, *program.argv], environment=environment, folder=code, output=output
            )
        wait_until(lambda: is_listening(self.port), child=self.child, name="web", within_s=60, log=self.log)

    @contextlib.contextmanager
    def get(self, path: str, *, buffer_bytes: int = 0, **headers: str) -> Iterator[Connection]:
        """GET as the visitor "a", if no Cookie says otherwise."""
        named = {"Cookie": cookie_of("a"), **headers}
        opened = Connection(self.port, path, headers=named, buffer_bytes=buffer_bytes)
        try:
            yield opened
        finally:
            opened.close()

    @contextlib.contextmanager
    def post(self, path: str, body: Mapping[str, Any], *, owner: str, **headers: str) -> Iterator[Connection]:
        opened = Connection(self.port, path, headers={"Cookie": cookie_of(owner), **headers}, body=body)
        try:
            yield opened
        finally:
            opened.close()

    def events(
        self, run: TaskRun, *, last_id: str | None = None, **headers: str
    ) -> contextlib.AbstractContextManager[Connection]:
        """Follow a run as a browser's EventSource does."""
        named = {"Accept": "text/event-stream", **headers}
        if last_id is not None:
            named["Last-Event-ID"] = last_id
        return self.get(f"{TASKS}{run.id}/events/", buffer_bytes=0, **named)

    def status(self, run: TaskRun) -> dict[str, Any]:
        with self.get(f"{TASKS}status/?task_id={run.id}") as answer:
            return answer.read_body()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.child.pid)

    def count_threads(self) -> int:
        return self.process.num_threads()

    def count_connections(self, port: int) -> int:
        """The process's open connections at a port, its own or another's."""
        ends = ((one.status, one.laddr, one.raddr) for one in self.process.net_connections())
        return sum(
            status == psutil.CONN_ESTABLISHED and port in (here.port, there.port)
            for status, here, there in ends
        )

    def stop(self) -> int:
        return stop_child(self.child, within_s=PATIENCE_S)


StartWeb = Callable[..., Web]


def cookie_of(owner: str) -> str:
    return f"{VISITOR_COOKIE}={sign_visitor(owner)}"


def submit(*, owner: str = "visitor:a") -> TaskRun:
    """Record a run whose work only the test does."""
    run, _ = insertion.submit(
        kind="search",
        owner=owner,
        request=KINDS["search"].request().to_json(),
        request_key=uuid.uuid4().hex,
        dataset_version="v1",
        queue="high",
        publish_in_s=0,
        limits=OwnerLimits(unfinished=1000, window=1000, window_queues=frozenset()),
    )
    return run


def claim(run: TaskRun) -> Claim:
    held = claims.claim(run.id, worker="w1", lease_s=60)
    assert held is not None
    return held


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.05)
