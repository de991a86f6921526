"""A private PostgreSQL cluster; knows nothing of the tables in it."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from tools.stack.children import read_tail, spawn
from tools.stack.errors import StartFailed
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers.server import Server, find_program

USER, DATABASE = "explorer", "postgres"
_LOSSY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgreSQL(Server):
    """One cluster made by initdb, with one superuser of its own.

    `durable=False` turns fsync off: for tests, where a power cut may cost the data. `password` is given where
    two clusters have one.
    """

    name = "postgresql"
    stop_signal = signal.SIGINT  # "fast": ends open sessions, where SIGTERM would wait for them

    def __init__(
        self, folder: Path | None = None, *, durable: bool = True, password: str | None = None
    ) -> None:
        super().__init__(folder)
        self.port = pick_port()
        self._durable = durable
        self.password = password or secrets.token_urlsafe(18)

    @property
    def url(self) -> str:
        """The database that initdb makes."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        """The URL of a database of this cluster, whether it exists or not."""
        return f"postgresql://{USER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, database: str) -> str:
        """Make an empty database and return its URL; the server must run."""
        ask(self.url, f'CREATE DATABASE "{database}"')
        return self.database_url(database)

    def drop_database(self, database: str) -> None:
        """Remove a database and end the sessions in it; nothing happens when there is none."""
        ask(self.url, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _owner(self) -> tuple[int, int] | None:
        # PostgreSQL refuses to run as root.
        if os.geteuid() != 0:
            return None
        accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
        account = accounts.get("postgres") or accounts["nobody"]
        return account.pw_uid, account.pw_gid

    def _environment(self) -> Mapping[str, str]:
        # initdb refuses a locale that this machine does not have.
        return {name: text for name, text in os.environ.items() if not name.startswith(("LC_", "LANG", "PG"))}

    def _prepare(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        owner = self._owner()
        if owner:
            self.folder.chmod(0o711)
            self._data.mkdir(mode=0o700, exist_ok=True)
            os.chown(self._data, *owner)
        self._make_cluster(owner)

    def copy(self, primary: PostgreSQL) -> None:
        """Take a running server's data in place of one's own, to follow it as its standby from the next
        start on. This server must not run."""
        self.wipe()
        owner = self._owner()
        if owner:
            self.folder.chmod(0o711)
            self._data.mkdir(mode=0o700)
            os.chown(self._data, *owner)
        options = ["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync"]
        self._run_program("pg_basebackup", f"--pgdata={self._data}", f"--dbname={primary.url}", *options)

    def _make_cluster(self, owner: tuple[int, int] | None) -> None:
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if owner:
            os.chown(password_file, *owner)
        try:
            self._run_program(
                "initdb",
                f"--pgdata={self._data}",
                f"--username={USER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            )
        finally:
            password_file.unlink()

    def _run_program(self, program: str, *arguments: str) -> None:
        """Run a program that fills the data folder; StartFailed, without the folder, when it fails."""
        with self.log.open("ab") as output:
            filling = spawn(
                [_find_postgres_program(program), *arguments],
                environment=self._environment(),
                folder=self.folder,
                output=output,
                owner=self._owner(),
            )
        if filling.wait():
            shutil.rmtree(self._data, ignore_errors=True)
            raise StartFailed(f"{program} failed.\n{read_tail(self.log)}")

    def _command(self) -> Sequence[str | Path]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            # Of a standby whose primary was away; commits wait for it meanwhile.
            "wal_retrieve_retry_interval": "200ms",
            **({} if self._durable else _LOSSY),
        }
        switches = [part for key, text in settings.items() for part in ("-c", f"{key}={text}")]
        return [_find_postgres_program("postgres"), "-D", self._data, *switches]

    def _is_ready(self) -> bool:
        with contextlib.suppress(psycopg.Error):
            return ask(self.url, "SELECT 1") == [(1,)]
        return False


def ask(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of one statement, if it has any, over a connection of its own. Raises psycopg.Error."""
    with psycopg.connect(url, connect_timeout=3, autocommit=True) as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _find_postgres_program(program: str) -> str:
    # Debian keeps the server's programs of each major version out of the PATH.
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: -float(bin.parent.name))
    return str(find_program([program, *(version / program for version in versions)], package="postgresql"))
