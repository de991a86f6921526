"""A web server that does as a test tells it: the product's misbehaviour, which chaos has to notice."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serve(*scripts: Script) -> Iterator[str]:
    """The address of a server that answers its first GET by the first script and so on, the last one from
    then on."""
    waiting = list(scripts)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                script = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            script(self)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def answer(body: bytes, *, status: int = 200, length: int | None = None) -> Script:
    """A script that sends `body` and closes; `length` is what it says of it, if not the truth."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def problem(status: int, code: str) -> Script:
    return answer(json.dumps({"code": code}).encode(), status=status)


def stream(*events: str) -> Script:
    """A script that sends an event stream and goes, without a word that it is complete."""
    return answer("".join(f"{event}\n\n" for event in events).encode(), length=10**6)


def refuse_to_answer(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection."""
