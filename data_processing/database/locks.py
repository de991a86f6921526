"""Locks that have a name, for as long as a transaction lasts."""

from __future__ import annotations

from django.db import connection


def hold(name: str) -> None:
    """Let others who hold the same name wait until this transaction has ended."""
    # On SQLite a transaction that writes is alone from its BEGIN on (IMMEDIATE, see backend/settings.py). The
    # lock is a number: where two names had the same one, they would wait for each other, and nothing else.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
