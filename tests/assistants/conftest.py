"""The whole system over a small sample, and a client of the protocol that asks it."""

from __future__ import annotations

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

FILL = """
import os, sys, django
from django.core.management import call_command
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
django.setup()
from django.contrib.auth.models import User
from api.access.tokens import make_token
call_command("import_contracts", *sys.argv[2:])
user = User.objects.create_user("reporter")
scopes = (["read"], ["read", "export"])
tokens = [make_token(user, name="assistant", scopes=some, days=1) for some in scopes]
open(sys.argv[1], "w").write(" ".join(tokens))
"""
"""Several commands in one process, which starts for seconds."""

addresses = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """A running system, its data as plain SQL sees it, and two tokens of a user: one may only read."""

    system: System
    sql: duckdb.DuckDBPyConnection
    reads: str
    exports: str

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
    configured |= {"MCP_CALLS_PER_HOUR": str(FREE_CALLS), "PROXIES": "1"}
    with System(
        folder / "data", port=pick_port(), write=FileLog(folder / "logs"), configured=configured
    ) as system:
        system.start_servers()
        system.run_program("-c", FILL, str(folder / "tokens"), *map(str, files), quietly=True)
        reads, exports = (folder / "tokens").read_text(encoding="utf-8").split()
        system.start_processes()
        (database,) = (folder / "data" / "datasets").glob("versions/*/*.duckdb")
        with duckdb.connect(str(database), read_only=True) as sql:
            yield Site(system, sql, reads=reads, exports=exports)


@pytest.fixture
def assistant(site: Site) -> Assistant:
    """Asks without a token."""
    return Assistant(site.url, {"X-Forwarded-For": f"2001:db8:0:{next(addresses):x}::1"})


@pytest.fixture
def reporter(site: Site, assistant: Assistant) -> Assistant:
    """Asks as a user, from the same address."""
    return assistant.named(site.exports)
