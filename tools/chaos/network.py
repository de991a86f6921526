"""The servers, and the relays by which the product's processes reach them: a network to be disturbed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.stack.relay import Relay
from tools.stack.servers import PostgreSQLPair, RabbitMQCluster, Redis
from tools.stack.servers.trio import read_config, read_plugins


@dataclass(frozen=True, kw_only=True)
class Network:
    """A broker (one node or three), a database (with a standby or without), Redis; and for each node and
    server a relay for the web processes, one for the workers, and so on."""

    broker: RabbitMQCluster
    database: PostgreSQLPair
    redis: Redis
    web_to_broker: Sequence[Relay]
    workers_to_broker: Sequence[Relay]
    workers_to_database: Sequence[Relay]

    @classmethod
    def choose(cls, folder: Path, *, nodes: int) -> Network:
        """With `nodes` of RabbitMQ, and a standby where there are several; none of it running."""
        # PostgreSQL runs as another user under root and has to reach its folder.
        folder.chmod(0o711)
        files = ("explorer", "cluster") if nodes > 1 else ("explorer",)
        broker = RabbitMQCluster(
            folder / "rabbitmq", size=nodes, extra_config=read_config(*files), plugins=read_plugins()
        )
        # Durable: a crash of the database must not lose a commit, or nothing could be promised.
        database = PostgreSQLPair(folder, durable=True, standby=nodes > 1)
        return cls(
            broker=broker,
            database=database,
            redis=Redis(folder / "redis"),
            web_to_broker=[Relay(node.port) for node in broker.nodes],
            workers_to_broker=[Relay(node.port) for node in broker.nodes],
            workers_to_database=[Relay(server.port) for server in database.servers],
        )

    @property
    def relays(self) -> list[Relay]:
        return [*self.web_to_broker, *self.workers_to_broker, *self.workers_to_database]

    def environment(self) -> dict[str, str]:
        """The addresses of the servers themselves, for the product's commands."""
        return {
            "DATABASE_URL": self.database.url,
            "CELERY_BROKER_URL": self.broker.url,
            "CELERY_RESULT_BACKEND": self.redis.database_url(1),
        }

    def environment_of(self, program: str) -> Mapping[str, str]:
        """The addresses that one of the product's programs has in place of them."""
        if program.startswith("web"):
            return {"CELERY_BROKER_URL": self._broker_at(self.web_to_broker)}
        return {
            "CELERY_BROKER_URL": self._broker_at(self.workers_to_broker),
            "DATABASE_URL": self.database.url_at([relay.port for relay in self.workers_to_database]),
        }

    def _broker_at(self, relays: Sequence[Relay]) -> str:
        pairs = zip(self.broker.nodes, relays, strict=True)
        return ";".join(node.url_at(relay.port) for node, relay in pairs)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """All of it runs."""
        with ExitStack() as open_:
            for relay in self.relays:
                open_.enter_context(relay)
            open_.enter_context(self.database.running())
            open_.enter_context(self.broker.running())
            open_.enter_context(self.redis)
            yield self


@contextmanager
def silenced(relays: Sequence[Relay]) -> Iterator[None]:
    """While inside, nothing goes through these relays."""
    with ExitStack() as silences:
        for relay in relays:
            silences.enter_context(relay.silent())
        yield
