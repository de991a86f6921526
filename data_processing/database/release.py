"""Letting go of what a request holds while it only waits: its database connection."""

from __future__ import annotations

from django.db import connections


def release_connections() -> None:
    """Give this thread's database connections back; the next query takes one again. For the moment before a
    call that may wait for something else than the database."""
    for connection in connections.all(initialized_only=True):
        # In a transaction it belongs to somebody else (a test).
        if not connection.in_atomic_block:
            connection.close()
