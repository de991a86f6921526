"""How busy the database server is."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection


class Load(NamedTuple):
    """Connections of whomever, and how many the server takes."""

    used: int
    most: int


def read_load() -> Load:
    """Of PostgreSQL; other databases do not know the question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(numbackends), current_setting('max_connections')::integer FROM pg_stat_database"
        )
        return Load(*cursor.fetchone())
