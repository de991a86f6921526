"""The whole product on private real servers, every process twice, and what an outsider can reach of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from tools.chaos.disk import SmallDisk, small_disk
from tools.chaos.network import Network
from tools.stack.logs import FileLog
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.processes import Program
from tools.stack.servers import PostgreSQL, ask
from tools.stack.servers.trio import production
from tools.stack.system import System, list_programs

LEASE_S = 5.0
RESTART_WITHIN_S = 2.0
COPIES = ("1", "2")
TARGETS = ("broker", "database", "lines", "redis", "disk", "beat")
"""What a fault may have for itself: servers, the lines to them, and what there is only one of."""
BEAT = "beat-1"
UNFINISHED = "state NOT IN ('SUCCESS', 'FAILURE', 'REVOKED')"
SETTINGS = {
    "REHEARSALS": "1",
    "RETRY_DELAYS_S": "2,3,4",
    "LEASE_S": str(LEASE_S),
    "EXPORT_SPLIT_ROWS": "3000",
    "SNAPSHOTS_KEPT": "100",
}
"""Beside those of production: rehearsals, shorter retries, exports that are shared although small, and
dataset versions that wait for their turn."""


class Arena(System):
    """`locks` keep two faults off one server."""

    def __init__(
        self, folder: Path, network: Network, exports: SmallDisk, settings: Mapping[str, str]
    ) -> None:
        self.network, self.exports = network, exports
        self.ports = [pick_port() for _ in COPIES]
        self.locks = {name: threading.Lock() for name in TARGETS}
        temporary = folder / "tmp"  # what killed processes leave there goes with the folder
        temporary.mkdir()
        super().__init__(
            folder / "data",
            port=self.ports[0],
            write=FileLog(folder / "logs"),
            configured=production(network.environment(), TMPDIR=str(temporary), **SETTINGS, **settings),
            programs=list_copies(self.ports, network),
        )

    @property
    def postgres(self) -> PostgreSQL:
        """The database server that may be written to."""
        return self.network.database.primary

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
        """The rows of one statement. Raises psycopg.Error while the database is away."""
        return ask(self.network.database.url, sql, *values)

    def has(self, sql: str) -> bool:
        """Whether a statement has rows; not while the database is away."""
        with contextlib.suppress(psycopg.Error):
            return bool(self.ask(sql))
        return False

    def clean_up(self) -> None:
        """Remove what no row names and nobody has written to for a second. StackError when it fails."""
        self.run_command("clean_up", "--orphan-age", "1", quietly=True)


@contextmanager
def open_arena(folder: Path, *, nodes: int, settings: Mapping[str, str]) -> Iterator[Arena]:
    """An arena whose servers run and have their tables, all in `folder`; `nodes` as of Network. Its processes
    get `settings` too."""
    with (
        Network.choose(folder, nodes=nodes).running() as network,
        small_disk(folder / "data" / "exports") as exports,
        Arena(folder, network, exports, settings) as arena,
    ):
        arena.start_servers()
        yield arena


def list_copies(ports: Sequence[int], network: Network) -> list[Program]:
    """The product's programs, each twice, but one Beat; quick to start again, for they die all the time."""
    return [
        replace(
            program,
            name=f"{program.name}-{number}",
            environment={**program.environment, **network.environment_of(program.name)},
            argv=[part.replace("@%h", f"-{number}@%h") for part in program.argv],
            longest_pause_s=RESTART_WITHIN_S,
        )
        for number, port in zip(COPIES, ports, strict=True)
        for program in list_programs(port)
        if program.name != "beat" or number == COPIES[0]
    ]
