"""The pool of database connections when the server ends them."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from tools.stack.servers import PostgreSQL

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
