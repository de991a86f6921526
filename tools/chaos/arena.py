"""The whole product on private real servers, every process twice, and what an outsider can reach of it."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import sys
import threading
import urllib.request
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tools.chaos.disk import SmallDisk
from tools.stack.children import unmeasured
from tools.stack.errors import StackError
from tools.stack.logs import FileLog
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.processes import Program, Supervisor
from tools.stack.servers import PostgreSQL, RabbitMQ, Redis
from tools.stack.system import CHECKOUT, list_programs

LEASE_S = 5.0
READY_WITHIN_S = 180
RESTART_WITHIN_S = 2.0
COPIES = ("1", "2")
UNFINISHED = "state NOT IN ('SUCCESS', 'FAILURE', 'REVOKED')"


class Arena:
    """A context manager that starts everything in `folder` and stops it. `locks` keep two faults off one
    server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o711)  # PostgreSQL runs as another user under root and has to reach its folder
        # Durable: a crash of the database must not lose a commit, or nothing could be promised.
        self.postgres = PostgreSQL(folder / "postgresql", durable=True)
        self.rabbitmq = RabbitMQ(folder / "rabbitmq")
        self.redis = Redis(folder / "redis")
        self.ports = [pick_port() for _ in COPIES]
        self.data = folder / "data"
        self.temporary = folder / "tmp"  # what killed processes leave there goes with the folder
        self.exports = SmallDisk(self.data / "exports")
        self.locks = {name: threading.Lock() for name in ("broker", "database", "redis", "disk", "beat")}
        self._secret = secrets.token_urlsafe(40)
        self._open = contextlib.ExitStack()
        self._supervisor: Supervisor | None = None

    @property
    def urls(self) -> list[str]:
        """Where the web processes serve."""
        return [f"http://{LOOPBACK}:{port}" for port in self.ports]

    @property
    def environment(self) -> dict[str, str]:
        """What the product's processes get: production's switches, shorter retries, rehearsals,
        and exports that are shared although they are small. They run unmeasured, as they do elsewhere."""
        return {
            **unmeasured(),
            "DATABASE_URL": self.postgres.url,
            "CELERY_BROKER_URL": self.rabbitmq.url,
            "CELERY_RESULT_BACKEND": self.redis.database_url(1),
            "DATA_DIR": str(self.data),
            "TMPDIR": str(self.temporary),
            "DEBUG": "0",
            "SECRET_KEY": self._secret,
            "ANONYMOUS_ACCESS": "1",
            # All visitors come from one address here.
            "ADDRESS_MAX_UNFINISHED": "1000000",
            "SECURE_COOKIES": "0",
            "REHEARSALS": "1",
            "RETRY_DELAYS_S": "2,3,4",
            "LEASE_S": str(LEASE_S),
            "EXPORT_SPLIT_ROWS": "3000",
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def worker_names(self) -> list[str]:
        """Programs that are workers; also the first part of their Celery node names."""
        workers = [program.name for program in list_programs(0) if "worker" in program.argv]
        return [f"{name}-{number}" for name in workers for number in COPIES]

    @property
    def web_names(self) -> list[str]:
        return [f"web-{number}" for number in COPIES]

    def pid(self, program: str) -> int:
        """The process (and process group) that a program has now."""
        assert self._supervisor is not None
        return self._supervisor.pid(program)

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of one statement, over a connection of its own. Raises psycopg.Error while the database is
        away."""
        with psycopg.connect(self.postgres.url, connect_timeout=3, autocommit=True) as connection:
            return connection.execute(sql, values).fetchall()

    def run_command(self, *arguments: str) -> None:
        """A manage.py command in the foreground; StackError when it fails."""
        self._run("manage.py", *arguments)

    def _run(self, *arguments: str) -> None:
        run = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=CHECKOUT,
            check=False,
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise StackError(f"{' '.join(arguments[:2])} failed: {run.stdout[-2000:]}{run.stderr[-4000:]}")

    def fill(self, *, contracts: int) -> None:
        """Generate a sample and make it the current dataset."""
        raw = self.folder / "raw"
        self._run("-m", "tools.sample", "--contracts", str(contracts), "--out", str(raw))
        files = sorted(str(path) for path in raw.iterdir() if path.suffix.lower() in {".csv", ".xlsx"})
        self.run_command("import_contracts", "--accept-losses", *files)

    def start_processes(self) -> None:
        """Start web servers, workers and Beat; returns when they are ready."""
        self._supervisor = Supervisor(
            list_copies(self.ports),
            environment=self.environment,
            folder=CHECKOUT,
            write=FileLog(self.folder / "logs"),
        )
        self._open.callback(self._supervisor.stop)
        self._supervisor.start()
        self._supervisor.wait_ready(within_s=READY_WITHIN_S)
        for url in self.urls:
            with urllib.request.urlopen(f"{url}/health/live", timeout=READY_WITHIN_S):
                pass

    def __enter__(self) -> Self:
        self.temporary.mkdir()
        with contextlib.ExitStack() as starting:
            for server in (self.postgres, self.rabbitmq, self.redis):
                starting.enter_context(server)
            starting.enter_context(self.exports)
            self.run_command("migrate", "--no-input", "--verbosity", "0")
            self._open = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()


def list_copies(ports: list[int]) -> list[Program]:
    """The product's programs, each twice, but one Beat; quick to start again, for they die all the time."""
    copies = [
        _rename(program, number)
        for number, port in zip(COPIES, ports, strict=True)
        for program in list_programs(port)
        if program.name != "beat"
    ]
    beat = next(program for program in list_programs(ports[0]) if program.name == "beat")
    return [replace(program, longest_pause_s=RESTART_WITHIN_S) for program in [*copies, beat]]


def _rename(program: Program, number: str) -> Program:
    argv = [part.replace("@%h", f"-{number}@%h") for part in program.argv]
    return replace(program, name=f"{program.name}-{number}", argv=argv)
