"""Statements that see the database as it was at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def one_moment() -> Iterator[None]:
    """Statements inside see the database as it was at one moment, whatever others commit meanwhile. Within a
    transaction they see what that transaction sees."""
    # PostgreSQL can be told before the first statement only; SQLite does so in every transaction.
    tell = connection.vendor == "postgresql" and not connection.in_atomic_block
    with transaction.atomic():
        if tell:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
