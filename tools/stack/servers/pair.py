"""A PostgreSQL primary with a standby that takes over; clients know the addresses of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import psycopg

from tools.stack.errors import StackError
from tools.stack.polling import poll
from tools.stack.ports import LOOPBACK
from tools.stack.servers.postgresql import DATABASE, USER, PostgreSQL, ask

FOLLOWS_WITHIN_S = 30.0


class PostgreSQLPair:
    """A commit is told when the standby has it too, so that nothing that was told is lost with the primary.
    Without `standby` a server by itself; without `folder` the data are temporary."""

    def __init__(self, folder: Path | None = None, *, durable: bool = True, standby: bool = True) -> None:
        places = [folder and folder / f"postgresql-{number}" for number in (1, 2)]
        first = PostgreSQL(places[0], durable=durable)
        self.servers = [first]
        if standby:
            self.servers.append(PostgreSQL(places[1], durable=durable, password=first.password))
        self.primary = first

    @property
    def url(self) -> str:
        """Both addresses; a client goes to the one that may be written to."""
        return self.url_at([server.port for server in self.servers])

    def url_at(self, ports: Sequence[int]) -> str:
        """The same at other ports, which lead to the servers."""
        hosts, numbers = ",".join([LOOPBACK] * len(ports)), ",".join(map(str, ports))
        return (
            f"postgresql://{USER}:{self.primary.password}@/{DATABASE}"
            f"?host={hosts}&port={numbers}&target_session_attrs=read-write"
        )

    @property
    def standby(self) -> PostgreSQL | None:
        """The one that follows."""
        return next((server for server in self.servers if server is not self.primary), None)

    def start(self) -> Self:
        self.primary.start()
        self.follow()
        return self

    def follow(self) -> None:
        """Make a standby anew, from the primary as it is; commits wait for it from then on."""
        if self.standby is None:
            return
        self.standby.kill()
        self.standby.copy(self.primary)
        self.standby.start()
        streams = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
        if not poll(lambda: ask(self.primary.url, streams), within_s=FOLLOWS_WITHIN_S):
            raise StackError(f"the standby does not follow; its log is {self.standby.log}")
        self._wait_for_standby("*")

    def fail_over(self) -> None:
        """The primary dies and the standby takes its place; returns when it may be written to. There is no
        standby then until `follow`."""
        if self.standby is None:
            raise StackError("there is no standby")
        dead, self.primary = self.primary, self.standby
        dead.kill()
        ask(self.primary.url, "SELECT pg_promote()")
        # Or each commit would wait for the one that is dead.
        self._wait_for_standby("")

    def restart(self) -> None:
        """The primary stops in order and starts again."""
        self.primary.restart()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """They run; temporary data go at the end."""
        with ExitStack() as ends:
            for server in self.servers:
                ends.push(server)
            yield self.start()

    def _wait_for_standby(self, names: str) -> None:
        """Which standbys a commit waits for: all ("*") or none ("")."""
        with psycopg.connect(self.primary.url, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
            connection.execute("SELECT pg_reload_conf()")
