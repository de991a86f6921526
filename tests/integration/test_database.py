"""The pool of database connections when the server ends them, or another one takes its place."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import psycopg
import pytest
from django.db import connection

from tests.integration.workers import CHECKOUT
from tools.stack.servers import PostgreSQL, PostgreSQLPair

pytestmark = pytest.mark.django_db(transaction=True)

IDLE = 8


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def fill_pool() -> None:
    """Leave IDLE connections in the pool: each was held while the others were asked for."""
    together = threading.Barrier(IDLE)

    def hold() -> None:
        ask()
        together.wait()
        connection.close()

    threads = [threading.Thread(target=hold) for _ in range(IDLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_first_request_after_a_restart_is_answered_however_many_connections_were_lost(
    postgres: PostgreSQL,
) -> None:
    fill_pool()
    connection.close()
    postgres.restart()
    assert ask() == 1


PROCESS = """
import sys, django
django.setup()
from django.db import connection
for line in sys.stdin:
    with connection.cursor() as cursor:
        cursor.execute(line)
        print(cursor.fetchone()[0], flush=True)
    connection.close()
"""


def test_process_follows_the_database_to_its_standby_with_all_that_was_committed() -> None:
    with PostgreSQLPair(durable=False).running() as pair:
        process = subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            env={**os.environ, "DATABASE_URL": pair.url, "DJANGO_SETTINGS_MODULE": "backend.settings"},
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            heard, said = process.stdin, process.stdout
            assert heard is not None
            assert said is not None

            def tell(sql: str) -> str:
                heard.write(f"{sql}\n")
                heard.flush()
                return said.readline().strip()

            first = pair.primary
            with psycopg.connect(pair.url) as client:
                client.execute("CREATE TABLE kept AS SELECT 42 AS value")
            assert tell("SELECT value FROM kept") == "42"
            pair.fail_over()
            pair.follow()
            assert tell("SELECT value FROM kept") == "42"
            # Back to the first one: it has followed, and the order of the addresses is that of the beginning.
            pair.fail_over()
            assert pair.primary is first
            assert tell("UPDATE kept SET value = value + 1 RETURNING value") == "43"
            heard.close()
        assert process.returncode == 0
