"""The database as one file, by the database's own programs: pg_dump and pg_restore, or SQLite itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.recorder import MigrationRecorder

from data_processing.models import TaskRun
from data_processing.operations.backups.manifest import BackupError

LEAVE_WITHIN_S = 3.0
LOCK_WITHIN = "-c lock_timeout=10s"
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def dump(target: Path) -> None:
    """Write all tables as they are at one moment; whoever works with them goes on. Raises BackupError."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(target)])
        return
    with target.open("wb") as file:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", output=file)


def load(source: Path) -> None:
    """Put the tables of the file in place of those that are there, all or none. Raises BackupError."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(source)) as file:
            file.backup(connection.connection)
        return
    replacing = ("--clean", "--if-exists", "--no-owner", "--no-privileges")
    with source.open("rb") as content:
        # The name of the database, which comes last, is this option's.
        _run("pg_restore", *replacing, "--single-transaction", "--exit-on-error", "--dbname", source=content)


def list_migrations() -> tuple[str, ...]:
    """Those that were applied."""
    return tuple(sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()))


def say_version() -> str:
    """Of the server."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if sqlite else "SHOW server_version")
        return str(cursor.fetchone()[0])


def is_used() -> bool:
    """Whether somebody has worked here: there are tasks or users."""
    tables = connection.introspection.table_names()
    users = get_user_model()
    return any(model._meta.db_table in tables and model._base_manager.exists() for model in (TaskRun, users))


def count_others() -> int:
    """How many other programs are connected, after a moment in which those that are leaving may go. SQLite
    does not know. Closes all connections of this process. Raises BackupError."""
    connection.close()
    if connection.vendor == "sqlite":
        return 0
    pooled: Any = connection
    pooled.close_pool()
    deadline = time.monotonic() + LEAVE_WITHIN_S
    while (others := int(_run("psql", "--tuples-only", "--command", OTHERS))) and time.monotonic() < deadline:
        time.sleep(0.2)
    return others


def _run(
    program: str, *parameters: str, source: IO[bytes] | None = None, output: IO[bytes] | None = None
) -> str:
    """Run a program of PostgreSQL with the address of ours; what it has printed, where it has no other
    ``output``. The password travels by its environment."""
    arguments, secrets = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, list(parameters))
    # Django leaves out which of several hosts is wanted: a backup cannot be put into a standby.
    wanted = connection.settings_dict["OPTIONS"].get("target_session_attrs", "any")
    try:
        run = subprocess.run(
            [program, *arguments[1:]],
            # A lock that a program of ours holds would be waited for without end.
            env={
                **os.environ,
                "PGOPTIONS": LOCK_WITHIN,
                "PGTARGETSESSIONATTRS": wanted,
                **(secrets or {}),
            },
            stdin=source or subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
    except FileNotFoundError:
        raise BackupError(f"{program} is not installed: apt-get install postgresql-client") from None
    if run.returncode:
        raise BackupError(f"{program} failed: {run.stderr.decode(errors='replace').strip()}")
    return (run.stdout or b"").decode()
