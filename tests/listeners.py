"""A real HTTP server on this machine to which alerts are posted; it keeps them and answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

from tools.stack.ports import LOOPBACK

NETWORKS = "127.0.0.0/8"
"""For WEBHOOK_NETWORKS, so that this machine may be posted to."""


@dataclass(frozen=True)
class Posted:
    """A request as it came; names of headers in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def read(self) -> Any:
        return json.loads(self.body)


@dataclass
class Listener:
    """What has come, and how to answer: ``statuses`` are used up first, then ``status``. ``delay_s`` passes
    before the answer; ``slow`` sends its head a byte at a time, ``endless`` a body without an end. ``came``
    is set by the first that comes; while ``gate`` is not set, nothing is answered."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay_s: float = 0.0
    slow: bool = False
    scheme: str = "http"
    endless: bool = False
    came: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://{LOOPBACK}:{self.port}/hook"

    def open_after(self, count: int, *, within_s: float = 10.0) -> None:
        """Open the gate when so many have come, and leave it as it is if they do not come."""
        until = time.monotonic() + within_s
        while len(self.posted) < count:
            if time.monotonic() > until:
                return
            time.sleep(0.01)
        self.gate.set()

    @property
    def ids(self) -> list[str]:
        return [posted.id for posted in self.posted]


@contextmanager
def listen(certificate: trustme.LeafCert | None = None) -> Iterator[Listener]:
    """A listener, for as long as the block lasts; with a certificate by TLS."""
    listener = Listener(scheme="http" if certificate is None else "https")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            _answer(self, listener)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            # Whoever has heard enough closes: no news.
            pass

    server = Server((LOOPBACK, 0), Handler)
    listener.port = server.server_port
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        # The handshake is the handler's, or whoever does not finish it would hold up all others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.gate.set()
        server.shutdown()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, listener: Listener) -> None:
    body = request.rfile.read(int(request.headers["Content-Length"]))
    headers = {name.lower(): value for name, value in request.headers.items()}
    listener.posted.append(Posted(request.path, headers, body))
    listener.came.set()
    listener.gate.wait()
    time.sleep(listener.delay_s)
    if listener.slow:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)
    request.send_response(listener.statuses.pop(0) if listener.statuses else listener.status)
    for name, value in listener.headers.items():
        request.send_header(name, value)
    if listener.endless:
        request.send_header("Connection", "close")
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)
    request.send_header("Content-Length", str(len(listener.body)))
    request.end_headers()
    request.wfile.write(listener.body)
