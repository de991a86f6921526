"""The database: its version, its tables, its clock, and whether it keeps what it has confirmed."""

from __future__ import annotations

import time

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from data_processing.database.load import read_load
from data_processing.operations.doctor.findings import Findings, error, ok, warning

DATABASE = "database"
OLDEST = 14_00_00
"""The oldest PostgreSQL that gets repairs."""
SKEW_S = 2.0
CROWDED = 0.8
CRASH_SAFE = ("fsync", "full_page_writes", "synchronous_commit")


def check_tables() -> Findings:
    """Whether the tables are those of this program."""
    executor = MigrationExecutor(connection)
    known = executor.loader.disk_migrations
    foreign = sorted(
        f"{app}.{name}" for app, name in executor.loader.applied_migrations if (app, name) not in known
    )
    missing = [str(step) for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if foreign:
        yield error(
            DATABASE,
            f"its tables are of a newer program: {', '.join(foreign)}",
            "start that program, or restore a backup",
        )
    if missing:
        yield error(
            DATABASE,
            f"{len(missing)} migrations are not applied: {missing[0]}...",
            "python manage.py migrate",
        )
    if not foreign and not missing:
        yield ok(DATABASE, "its tables are those of this program")


def check_server() -> Findings:
    """Version, durability, connections. SQLite is a matter of Django's checks."""
    if connection.vendor != "postgresql":
        yield ok(DATABASE, "it is SQLite, for one machine")
        return
    version = _show("server_version")
    if int(_show("server_version_num")) < OLDEST:
        yield error(DATABASE, f"PostgreSQL {version} gets no repairs any more", "upgrade to 17")
    lossy = [name for name in CRASH_SAFE if _show(name) == "off"]
    if lossy:
        yield error(
            DATABASE,
            f"{', '.join(lossy)} is off: a power cut loses tasks that were accepted",
            "switch it on in postgresql.conf",
        )
    used, most = read_load()
    if used > CROWDED * most:
        yield warning(
            DATABASE,
            f"{used} of {most} connections are taken",
            "raise max_connections, or lower DATABASE_POOL_SIZE",
        )
    yield ok(DATABASE, f"PostgreSQL {version} answers, {used} of {most} connections are taken")


def check_clock() -> Findings:
    """Leases and pulses go by the database's clock, cookies and limits by this machine's."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        ahead_s = float(cursor.fetchone()[0]) - time.time()
    yield from judge_clock(ahead_s, whose=DATABASE)


def judge_clock(ahead_s: float, *, whose: str) -> Findings:
    if abs(ahead_s) > SKEW_S:
        way = "before" if ahead_s > 0 else "behind"
        yield warning(
            whose,
            f"its clock is {abs(ahead_s):.0f} s {way} this machine's",
            "let NTP set the clocks of all machines",
        )


def _show(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])
