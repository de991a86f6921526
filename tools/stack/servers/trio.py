"""The three servers that production runs with, private ones, with production's broker configuration."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.stack.children import unmeasured
from tools.stack.servers.postgresql import PostgreSQL
from tools.stack.servers.rabbitmq import RabbitMQ
from tools.stack.servers.redis import Redis

BROKER = Path(__file__).resolve().parents[3] / "deploy" / "rabbitmq"
# What production runs with, except for what a small disk cannot give.
SMALL_DISK = "disk_free_limit.absolute = 50MB\n"
PRODUCTION = {
    "ENV_FILE": os.devnull,
    "DEBUG": "0",
    "ANONYMOUS_ACCESS": "1",
    "SECURE_COOKIES": "0",
    "ADDRESS_MAX_UNFINISHED": "1000000",
    "ADDRESS_WINDOW": "1000000",
}


def read_config(*names: str) -> str:
    """Files of production's rabbitmq.conf, by their names, for a small disk."""
    return "".join((BROKER / f"{name}.conf").read_text() for name in names) + SMALL_DISK


def read_plugins() -> str:
    """Production's `enabled_plugins`."""
    return (BROKER / "enabled_plugins").read_text()


def production(servers: Mapping[str, str], **settings: str) -> dict[str, str]:
    """The variables of a product in production on these servers, with many clients of one address, and
    `settings` beside them. Its processes run unmeasured, as they do elsewhere."""
    secret = secrets.token_urlsafe(40)
    return {**unmeasured(), **servers, **PRODUCTION, "SECRET_KEY": secret, **settings}


@dataclass(frozen=True, kw_only=True)
class Servers:
    """PostgreSQL, RabbitMQ and Redis, each in a folder of its own below `folder`."""

    folder: Path
    postgres: PostgreSQL
    rabbitmq: RabbitMQ
    redis: Redis

    @classmethod
    def choose(cls, folder: Path, *, durable: bool) -> Servers:
        """Servers with their ports and folders, none of them running; `durable` as of PostgreSQL."""
        # PostgreSQL runs as another user under root and has to reach its folder.
        folder.chmod(0o711)
        return cls(
            folder=folder,
            postgres=PostgreSQL(folder / "postgresql", durable=durable),
            rabbitmq=RabbitMQ(
                folder / "rabbitmq", extra_config=read_config("explorer"), plugins=read_plugins()
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

    def production(self, **settings: str) -> dict[str, str]:
        """As `production`, on these servers."""
        return production(self.environment(), **settings)

    @contextmanager
    def running(self) -> Iterator[Self]:
        """All of them run; their data stay."""
        with self.postgres, self.rabbitmq, self.redis:
            yield self

    def dispose(self) -> None:
        """End them all and delete the folder."""
        for server in (self.postgres, self.rabbitmq, self.redis):
            server.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)
