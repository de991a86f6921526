"""The whole product on private real servers, every process twice, and what an outsider can reach of it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from tools.chaos.disk import SmallDisk
from tools.stack.children import unmeasured
from tools.stack.logs import FileLog
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.processes import Program
from tools.stack.servers import Servers
from tools.stack.system import System, list_programs

LEASE_S = 5.0
RESTART_WITHIN_S = 2.0
COPIES = ("1", "2")
UNFINISHED = "state NOT IN ('SUCCESS', 'FAILURE', 'REVOKED')"
SETTINGS = {
    "DEBUG": "0",
    "ANONYMOUS_ACCESS": "1",
    # All visitors come from one address here.
    "ADDRESS_MAX_UNFINISHED": "1000000",
    "SECURE_COOKIES": "0",
    "REHEARSALS": "1",
    "RETRY_DELAYS_S": "2,3,4",
    "LEASE_S": str(LEASE_S),
    "EXPORT_SPLIT_ROWS": "3000",
}
"""Production's switches, shorter retries, rehearsals, and exports that are shared although they are small."""


class Arena(System):
    """`locks` keep two faults off one server."""

    def __init__(self, folder: Path, servers: Servers, exports: SmallDisk) -> None:
        self.servers, self.exports = servers, exports
        self.ports = [pick_port() for _ in COPIES]
        self.locks = {name: threading.Lock() for name in ("broker", "database", "redis", "disk", "beat")}
        temporary = folder / "tmp"  # what killed processes leave there goes with the folder
        temporary.mkdir()
        own = {"TMPDIR": str(temporary), "SECRET_KEY": secrets.token_urlsafe(40)}
        super().__init__(
            folder / "data",
            port=self.ports[0],
            write=FileLog(folder / "logs"),
            # They run unmeasured, as they do elsewhere.
            configured={**unmeasured(), **servers.environment(), **SETTINGS, **own},
            programs=list_copies(self.ports),
        )

    @property
    def urls(self) -> list[str]:
        """Where the web processes serve."""
        return [f"http://{LOOPBACK}:{port}" for port in self.ports]

    @property
    def worker_names(self) -> list[str]:
        """Programs that are workers; also the first part of their Celery node names."""
        return [program.name for program in self.programs if "worker" in program.argv]

    @property
    def web_names(self) -> list[str]:
        return [f"web-{number}" for number in COPIES]

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of one statement, over a connection of its own. Raises psycopg.Error while the database is
        away."""
        with psycopg.connect(self.servers.postgres.url, connect_timeout=3, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()


@contextmanager
def open_arena(folder: Path) -> Iterator[Arena]:
    """An arena whose servers run and have their tables, all in `folder`."""
    with (
        # Durable: a crash of the database must not lose a commit, or nothing could be promised.
        Servers.choose(folder, durable=True).running() as servers,
        SmallDisk(folder / "data" / "exports") as exports,
        Arena(folder, servers, exports) as arena,
    ):
        arena.start_servers()
        yield arena


def list_copies(ports: Sequence[int]) -> list[Program]:
    """The product's programs, each twice, but one Beat; quick to start again, for they die all the time."""
    copies = [
        _rename(program, number) if program.name != "beat" else program
        for number, port in zip(COPIES, ports, strict=True)
        for program in list_programs(port)
        if program.name != "beat" or number == COPIES[0]
    ]
    return [replace(program, longest_pause_s=RESTART_WITHIN_S) for program in copies]


def _rename(program: Program, number: str) -> Program:
    argv = [part.replace("@%h", f"-{number}@%h") for part in program.argv]
    return replace(program, name=f"{program.name}-{number}", argv=argv)
