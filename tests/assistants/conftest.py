"""The whole system over a small sample, and a client of the protocol that asks it."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from tests.assistants.asking import Assistant
from tests.contracts.samples import make_sample
from tools.sample import SampleShape
from tools.stack.children import unmeasured
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.system import System

SHAPE = SampleShape(contracts=3000, seed=7)
FREE_CALLS = 5
USER = {
    "DJANGO_SUPERUSER_USERNAME": "reporter",
    "DJANGO_SUPERUSER_PASSWORD": "a long password",
    "DJANGO_SUPERUSER_EMAIL": "reporter@site.example",
}
addresses = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """A running system, and its data as plain SQL sees it."""

    system: System
    sql: duckdb.DuckDBPyConnection

    @property
    def url(self) -> str:
        return self.system.url


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The system with the sample imported. Embedded servers: nothing here is about the others."""
    folder = tmp_path_factory.mktemp("assistants")
    raw = folder / "raw"
    files = make_sample(SHAPE, raw).paths(raw)
    others = ("DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND")
    configured = {name: text for name, text in unmeasured().items() if name not in others}
    # Who asks from where, the tests say: each of them from an address of its own, with calls of its own.
    configured |= {**USER, "MCP_CALLS_PER_HOUR": str(FREE_CALLS), "PROXIES": "1", "BASIC_AUTH": "1"}
    with System(
        folder / "data", port=pick_port(), write=FileLog(folder / "logs"), configured=configured
    ) as system:
        system.start_servers()
        system.run_command("import_contracts", *map(str, files), quietly=True)
        system.run_command("createsuperuser", "--no-input", quietly=True)
        system.start_processes()
        (database,) = (folder / "data" / "datasets").glob("versions/*/*.duckdb")
        with duckdb.connect(str(database), read_only=True) as sql:
            yield Site(system, sql)


@pytest.fixture
def assistant(site: Site) -> Assistant:
    """Asks without a token."""
    return Assistant(site.url, {"X-Forwarded-For": f"2001:db8:0:{next(addresses):x}::1"})


@pytest.fixture
def reporter(assistant: Assistant) -> Assistant:
    """Asks as a user, from the same address."""
    word = f"{USER['DJANGO_SUPERUSER_USERNAME']}:{USER['DJANGO_SUPERUSER_PASSWORD']}"
    basic = base64.b64encode(word.encode()).decode()
    return Assistant(assistant.url, {**assistant.headers, "Authorization": f"Basic {basic}"})
