"""The product on RabbitMQ, Redis and PostgreSQL of its own, for measurements through its API."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.bench.dataset import prepare_snapshot
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.servers import Servers
from tools.stack.system import System


@contextmanager
def serve(*, rows: int | None = None, **settings: str) -> Iterator[System]:
    """Servers that run and have their tables, and maybe a dataset of so many ``rows``; no process runs yet.
    ``settings`` are variables beside those of production."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        Servers.choose(Path(name), durable=True).running() as servers,
    ):
        data, log = Path(name) / "data", FileLog(Path(name) / "logs")
        data.mkdir()
        if rows is not None:
            (data / "datasets").symlink_to(prepare_snapshot(rows).path.parents[1].resolve())
        configured = servers.production(LOG_LEVEL="WARNING", **settings)
        with System(data, port=pick_port(), write=log, configured=configured) as system:
            system.start_servers()
            yield system
