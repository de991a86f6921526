"""The three servers that production runs with, private ones, with production's broker configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.stack.servers.postgresql import PostgreSQL
from tools.stack.servers.rabbitmq import RabbitMQ
from tools.stack.servers.redis import Redis

BROKER = Path(__file__).resolve().parents[3] / "deploy" / "rabbitmq"
# What production runs with, except for what a small disk cannot give.
SMALL_DISK = "disk_free_limit.absolute = 50MB\n"


@dataclass(frozen=True, kw_only=True)
class Servers:
    """PostgreSQL, RabbitMQ and Redis, each in a folder of its own."""

    postgres: PostgreSQL
    rabbitmq: RabbitMQ
    redis: Redis

    @classmethod
    def choose(cls, folder: Path, *, durable: bool) -> Servers:
        """Servers with their ports and folders, none of them running; `durable` as of PostgreSQL."""
        # PostgreSQL runs as another user under root and has to reach its folder.
        folder.chmod(0o711)
        return cls(
            postgres=PostgreSQL(folder / "postgresql", durable=durable),
            rabbitmq=RabbitMQ(
                folder / "rabbitmq",
                extra_config=(BROKER / "explorer.conf").read_text() + SMALL_DISK,
                plugins=(BROKER / "enabled_plugins").read_text(),
            ),
            redis=Redis(folder / "redis"),
        )

    def environment(self, *, database: str | None = None) -> dict[str, str]:
        """What a process of the product needs to use these servers; `database` in place of the default."""
        postgres = self.postgres
        return {
            "DATABASE_URL": postgres.database_url(database) if database else postgres.url,
            "CELERY_BROKER_URL": self.rabbitmq.url,
            "CELERY_RESULT_BACKEND": self.redis.database_url(1),
        }

    @contextmanager
    def running(self) -> Iterator[Self]:
        """All of them run; their data stay."""
        with self.postgres, self.rabbitmq, self.redis:
            yield self

    def dispose(self) -> None:
        """End them all and delete their data."""
        for server in (self.postgres, self.rabbitmq, self.redis):
            server.dispose()
