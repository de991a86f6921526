"""Django's PostgreSQL backend with a pool that a restarted server does not trip."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base

_DROPPED = select.POLLIN | select.POLLRDHUP | select.POLLHUP | select.POLLERR


class DatabaseWrapper(base.DatabaseWrapper):
    """Hands out only connections that the server has not ended, without a round trip to it."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        """As Django's; with a pool, connections that the server has ended are replaced first."""
        # psycopg_pool's own check asks the server at every request, and pauses longer after each dead
        # connection that it meets: with five of them, a request still fails seconds after the server is back.
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        while self.pool and _is_dropped(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def _is_dropped(connection: psycopg.Connection[Any]) -> bool:
    """An idle connection has nothing to read unless the server said goodbye."""
    poll = select.poll()
    poll.register(connection.fileno(), _DROPPED)
    return bool(poll.poll(0))
