"""The whole product on this machine: its servers (embedded or configured), its processes, its commands.

Knows the product by its command lines and by the names of its environment variables.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tools.stack.errors import StackError, StartFailed
from tools.stack.ports import LOOPBACK, is_listening
from tools.stack.processes import LogWriter, Program, Supervisor
from tools.stack.servers import EmbeddedRedis, Keeper

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120
LOCK = ".lock"
EMBEDDED = "redis (embedded)"
RESULT_BACKENDS = ("CELERY_RESULT_BACKEND", "CELERY_RESULTS_BACKEND_URL", "REDIS_URL")
"""Names of one setting; the first that is set is used."""


@dataclass(frozen=True, kw_only=True)
class Carriers:
    """What carries messages, results and rows, in words without credentials."""

    broker: str
    result_backend: str
    database: str


class System:
    """Web server, workers of three lanes and Beat, with all data in one folder.

    A context manager that takes the folder (one system at a time) and stops all that was started.

    What CELERY_BROKER_URL, CELERY_RESULT_BACKEND and DATABASE_URL name is used; where they are not set, an
    embedded Redis and a SQLite file in the folder serve.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        write: LogWriter,
        configured: Mapping[str, str] | None = None,
        programs: Sequence[Program] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self.programs = list_programs(port) if programs is None else programs
        self._write = write
        self._configured = os.environ if configured is None else configured
        self._redis: EmbeddedRedis | None = None
        self._supervisor: Supervisor | None = None
        self._open = ExitStack()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def carriers(self) -> Carriers:
        return Carriers(
            broker=_describe(self._configured.get("CELERY_BROKER_URL"), EMBEDDED),
            result_backend=_describe(self._result_backend, EMBEDDED),
            database=_describe(self._configured.get("DATABASE_URL"), "sqlite (embedded)"),
        )

    @property
    def _result_backend(self) -> str | None:
        return next((url for name in RESULT_BACKENDS if (url := self._configured.get(name))), None)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the product's processes get; the servers must run."""
        embedded = {}
        if self._redis is not None:
            embedded["CELERY_BROKER_URL"] = self._redis.database_url(0)
            embedded["CELERY_RESULT_BACKEND"] = self._result_backend or self._redis.database_url(1)
        given = {name: text for name, text in self._configured.items() if text}
        return {**embedded, **given, "DATA_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def start_servers(self) -> None:
        """Start the embedded Redis where it is needed, keep it running, and bring the tables up to date."""
        if not (self._configured.get("CELERY_BROKER_URL") and self._result_backend):
            self._redis = EmbeddedRedis(self.folder / "redis")
            self._open.enter_context(self._redis)
            self._open.enter_context(Keeper(self._redis, write=self._write))
        self.run_command("migrate", "--no-input", "--verbosity", "0")

    def start_processes(self, *, without: Collection[str] = ()) -> None:
        """Start web server, workers and Beat, but for those named, and return when they are ready."""
        names = [program.name for program in self.programs if program.name not in without]
        self._supervisor = self._open.enter_context(self.running(*names))
        if "web" in names:  # whose first request loads the views; nobody should have to wait for that
            urllib.request.urlopen(f"{self.url}/health/live", timeout=READY_WITHIN_S).close()

    @contextmanager
    def running(self, *names: str) -> Iterator[Supervisor]:
        """A context in which the programs of these names run, ready from its begin."""
        programs = [program for program in self.programs if program.name in names]
        supervisor = Supervisor(programs, environment=self.environment, folder=CHECKOUT, write=self._write)
        supervisor.start()
        try:
            supervisor.wait_ready(within_s=READY_WITHIN_S)
            yield supervisor
        finally:
            supervisor.stop()

    def restart_processes(self, names: Collection[str]) -> None:
        """Stop the programs of these names and start them again; returns when they are started."""
        if self._supervisor is not None:
            self._supervisor.restart(names)

    def run_command(self, *arguments: str, quietly: bool = False) -> None:
        """Run a manage.py command in the foreground; StackError when it fails."""
        self.run_program(str(CHECKOUT / "manage.py"), *arguments, quietly=quietly)

    def run_program(self, *arguments: str, quietly: bool = False) -> None:
        """The same for any other program of Python's: its path, or ``-m`` and its name."""
        command = [sys.executable, *arguments]
        run = subprocess.run(
            command, env=self.environment, cwd=CHECKOUT, check=False, capture_output=quietly, text=True
        )
        if run.returncode:
            told = f"{run.stdout}{run.stderr}"[-4000:] if quietly else ""
            raise StackError(f"{' '.join(arguments[:2])} failed with status {run.returncode}. {told}")

    def pid(self, name: str) -> int:
        """The process id of one of the programs, or of the embedded Redis by its name."""
        if self._redis is not None and name == self._redis.name:
            return self._redis.pid
        if self._supervisor is None:
            raise RuntimeError("the processes were not started")
        return self._supervisor.pid(name)

    def __enter__(self) -> Self:
        if is_listening(self.port):
            raise StartFailed(f"port {self.port} is in use; choose another by the variable PORT")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._open.enter_context(_hold(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def list_programs(port: int) -> list[Program]:
    """The processes of the product. What keeps the promises has a lane of its own, so that no user's work
    holds it up; exports have another, so that they never starve searches."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "-A", "backend"]
    worker = [*celery, "worker", "--loglevel", "info", "--without-gossip", "--without-mingle"]
    # SIGTERM ends a worker within its soft shutdown time; running tasks go back to the queue.
    # One connection for each child, kept: Celery would close and open a pool around every task.
    soft = {"REMAP_SIGTERM": "SIGQUIT", "DATABASE_POOL_SIZE": "0"}
    serving, consuming = re.compile("Uvicorn running on"), re.compile(r"@\S+ ready\.")
    server = [*python, "backend.server", "--host", LOOPBACK, "--port", str(port)]

    def lane(name: str, queues: str, *options: str) -> Program:
        argv = [*worker, "-Q", queues, "-n", f"{name}@%h", *options]
        return Program(name=name, argv=argv, ready_when=consuming, environment=soft)

    return [
        Program(name="web", argv=server, ready_when=serving),
        # The sweeper is a thread of the worker's own process, which therefore must not fork.
        lane("housekeeping", "critical", "--pool", "threads", "--concurrency", "2"),
        lane("interactive", "high", "--concurrency", "2"),
        lane("bulk", "normal,low", "--concurrency", "1"),
        Program(name="beat", argv=[*celery, "beat", "--loglevel", "info", "--pidfile="]),
    ]


@contextmanager
def _hold(folder: Path) -> Iterator[None]:
    """Keep a second system out of the folder; the lock goes with this process."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"another system already runs on the data in {folder}") from None
        yield


def _describe(url: str | None, embedded: str) -> str:
    if not url:
        return embedded
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else parts.scheme
