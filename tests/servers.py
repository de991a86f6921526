"""A pytest plugin: real private servers for the tests, started when a test first asks for one.

The addresses are chosen and put into the environment before Django's settings load; the servers themselves
start with the fixtures `postgres`, `rabbitmq`, `redis_server` or `servers`, once, and stop at the end.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tools.stack.servers import PostgreSQL, RabbitMQ, Redis, Servers

_servers_key = pytest.StashKey[Servers]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    # A wrapper, because the Django plugin reads the settings in this same hook.
    folder = Path(tempfile.mkdtemp(prefix="explorer-tests-"))
    servers = Servers.choose(folder, durable=False)
    early_config.stash[_servers_key] = servers
    os.environ.update(servers.environment(), DATA_DIR=str(folder / "data"), ENV_FILE=os.devnull)
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_servers_key].dispose()


@pytest.fixture(scope="session")
def chosen_servers(pytestconfig: pytest.Config) -> Servers:
    """The session's servers as they are: running only when somebody started them."""
    return pytestconfig.stash[_servers_key]


@pytest.fixture(scope="session")
def postgres(chosen_servers: Servers) -> PostgreSQL:
    """The session's PostgreSQL, running."""
    return chosen_servers.postgres.start()


@pytest.fixture(scope="session")
def rabbitmq(chosen_servers: Servers) -> RabbitMQ:
    """The session's RabbitMQ, running."""
    return chosen_servers.rabbitmq.start()


@pytest.fixture(scope="session")
def redis_server(chosen_servers: Servers) -> Redis:
    """The session's Redis, running."""
    return chosen_servers.redis.start()


@pytest.fixture(scope="session")
def servers(
    postgres: PostgreSQL, rabbitmq: RabbitMQ, redis_server: Redis, chosen_servers: Servers
) -> Servers:
    """All three, running."""
    return chosen_servers
