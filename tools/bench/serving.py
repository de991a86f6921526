"""The product on RabbitMQ, Redis and PostgreSQL of its own, for measurements through its API."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.servers import Servers
from tools.stack.system import System

PRODUCTION = {
    "DEBUG": "0",
    "ANONYMOUS_ACCESS": "1",
    "SECURE_COOKIES": "0",
    "LOG_LEVEL": "WARNING",
    # All clients are visitors of one address here.
    "ADDRESS_MAX_UNFINISHED": "1000000",
    "ADDRESS_WINDOW": "1000000",
}


@contextmanager
def serve(folder: Path, *, datasets: Path | None = None, **settings: str) -> Iterator[System]:
    """Servers that run in ``folder`` and have their tables; ``datasets`` are served where they lie. Processes
    get ``settings`` beside those of production."""
    data = folder / "data"
    data.mkdir()
    if datasets is not None:
        (data / "datasets").symlink_to(datasets.resolve())
    secret = {"SECRET_KEY": secrets.token_urlsafe(40)}
    with Servers.choose(folder, durable=True).running() as servers:
        configured = {**os.environ, **servers.environment(), **secret, **PRODUCTION, **settings}
        log = FileLog(folder / "logs")
        with System(data, port=pick_port(), write=log, configured=configured) as system:
            system.start_servers()
            yield system
