"""The product on RabbitMQ, Redis and PostgreSQL of its own, for measurements through its API."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.processes import Supervisor
from tools.stack.servers import PostgreSQL, RabbitMQ, Redis
from tools.stack.system import CHECKOUT, list_programs

# All clients are visitors of one address here.
ONE_ADDRESS = {"ADDRESS_MAX_UNFINISHED": "1000000", "ADDRESS_WINDOW": "1000000"}
PRODUCTION = {"DEBUG": "0", "ANONYMOUS_ACCESS": "1", "SECURE_COOKIES": "0", **ONE_ADDRESS}


@dataclass(frozen=True, kw_only=True)
class Site:
    """Servers that run and tables that are there; ``environment`` is for whatever is started beside."""

    port: int
    environment: Mapping[str, str]
    _log: FileLog

    @contextmanager
    def running(self, *names: str) -> Iterator[Supervisor]:
        """The programs of these names, ready; all of them where none is named."""
        programs = [program for program in list_programs(self.port) if not names or program.name in names]
        supervisor = Supervisor(programs, environment=self.environment, folder=CHECKOUT, write=self._log)
        supervisor.start()
        try:
            supervisor.wait_ready(within_s=120)
            yield supervisor
        finally:
            supervisor.stop()


@contextmanager
def serve(folder: Path, settings: Mapping[str, str], *, datasets: Path | None = None) -> Iterator[Site]:
    """Servers in ``folder``; ``datasets`` are served where they lie, ``settings`` are variables."""
    # PostgreSQL runs as another user.
    folder.chmod(0o711)
    data = folder / "data"
    if datasets is not None:
        data.mkdir()
        (data / "datasets").symlink_to(datasets.resolve())
    with (
        PostgreSQL(folder / "pg") as database,
        RabbitMQ(folder / "mq") as broker,
        Redis(folder / "r") as cache,
    ):
        environment = {
            **os.environ,
            "DATABASE_URL": database.url,
            "CELERY_BROKER_URL": broker.url,
            "CELERY_RESULT_BACKEND": cache.database_url(1),
            "DATA_DIR": str(data),
            "SECRET_KEY": secrets.token_urlsafe(40),
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=environment, cwd=CHECKOUT, check=True)
        yield Site(port=pick_port(), environment=environment, _log=FileLog(folder / "logs"))
