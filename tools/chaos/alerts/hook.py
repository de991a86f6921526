"""A real HTTP server to which alerts are posted."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tools.chaos.alerts.arrivals import Arrival
from tools.stack.ports import LOOPBACK

TAKES_S = 0.3
"""At most so long after a message is kept the sender hears of it."""

REFUSED = 0.2
"""Of the messages, those that are not taken the first time; they come again after five seconds."""


@dataclass
class Hook:
    """Keeps what it has taken."""

    port: int
    arrivals: list[Arrival] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/alerts"

    @property
    def settings(self) -> Mapping[str, str]:
        """Of a product that may post here."""
        return {"WEBHOOK_NETWORKS": f"{LOOPBACK}/32"}

    def take(self, message_id: str, body: Any) -> int:
        """The status that answers a message."""
        with self.lock:
            if message_id not in self.refused and random.random() < REFUSED:
                self.refused.add(message_id)
                return 503
            # Whether it was refused before: from now on, it is taken.
            self.refused.add(message_id)
            self.arrivals.append(Arrival(channel="webhook", id=message_id, alerts=list_alerts(body)))
        time.sleep(random.uniform(0, TAKES_S))
        return 204


def list_alerts(body: Any) -> frozenset[str]:
    """The ids of the alerts that a message tells: of one, or of a digest."""
    data = body["data"]
    return frozenset(alert["id"] for alert in data.get("alerts", [data]))


@contextmanager
def open_hook() -> Iterator[Hook]:
    """While inside, messages arrive."""
    hook = Hook(port=0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = hook.take(str(self.headers["webhook-id"]), body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Of senders that were killed: no news."""

    with Server((LOOPBACK, 0), Handler) as server:
        hook.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield hook
        finally:
            server.shutdown()
