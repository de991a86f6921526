"""Accounts that watch searches by the API, and dataset versions that come while they do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tools.chaos.alerts.counting import ToldAlert
from tools.chaos.alerts.watched import SUPPLIERS, read_lot, write_raw
from tools.chaos.arena import Arena
from tools.stack.connection import Connection
from tools.stack.errors import ApiError, StackError
from tools.stack.up import import_files

API = "/api/v1"
FIRST_OWNER_HAS = 8
"""So many alerts at a time may come as one message; those of the other one come one by one."""

BASELINE_WITHIN_S = 60
VERSION_EVERY_S = 30.0

ACCOUNTS = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
django.setup()
from django.core.management import call_command
folder, *names = sys.argv[1:]
for name in names:
    call_command("createsuperuser", interactive=False, username=name, email=f"{name}@watchers.example")
    with open(os.path.join(folder, name), "w") as file:
        call_command("make_token", name, scope=["read", "watch"], stdout=file)
"""
"""Commands in one process, which starts for seconds."""


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """One account, and how many searches it watches."""

    name: str
    token: str
    suppliers: Sequence[str]

    async def watch(self, url: str, hook_url: str) -> None:
        """Save a search for each supplier, have it watched and compared for the first time."""
        receiver = await self._ask(url, "POST", f"{API}/receivers/", {"name": "hook", "url": hook_url})
        told = {"schedule": "version", "channels": ["mail"], "receivers": [receiver["id"]]}
        for supplier in self.suppliers:
            filters = {"contractors": [supplier]}
            saved = await self._ask(
                url, "POST", f"{API}/saved-searches/", {"name": supplier, "filters": filters}
            )
            monitor = await self._ask(url, "POST", f"{API}/monitors/", {"search": saved["id"], **told})
            await self._ask(url, "POST", monitor["links"]["check"])
        async with asyncio.timeout(BASELINE_WITHIN_S):
            while any(one["contracts"] is None for one in await self._list_monitors(url)):
                await asyncio.sleep(0.2)

    async def list_alerts(self, url: str) -> list[ToldAlert]:
        """All that the product has told this account."""
        page = await self._ask(url, "GET", f"{API}/alerts/?page_size=200")
        if page["next"] is not None:
            raise StackError(f"more alerts than one page shows to {self.name}")
        return [_read_alert(alert) for alert in page["results"]]

    async def _list_monitors(self, url: str) -> list[dict[str, Any]]:
        answer: dict[str, list[dict[str, Any]]] = await self._ask(url, "GET", f"{API}/monitors/")
        return answer["monitors"]

    async def _ask(self, url: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        connection = Connection(url)
        with contextlib.closing(connection):
            bearer = {"Authorization": f"Bearer {self.token}"}
            answer = await connection.call(method, path, body, headers=bearer)
        if answer.status >= 400:
            raise ApiError(f"{method} {path}: {answer.status} {answer.problem}", status=answer.status)
        return answer.data


class Watch:
    """All of them, and the dataset versions that come one after the other."""

    def __init__(self, arena: Arena) -> None:
        self.version = 0
        self._arena = arena
        self._versions: list[str] = []
        self._watchers: list[Watcher] = []

    def import_versions(self, raw: Path, count: int) -> None:
        """Import the raw files and what the first version has of what is watched, and then so many versions
        more; the first one is current."""
        # Beforehand, as an import takes what a storm of many faults needs: a processor for ten seconds.
        for version in range(count + 1):
            write_raw(raw / "watched.csv", version=version)
            import_files(self._arena, raw, quietly=True)
        names = (path.name for path in (self._arena.folder / "datasets" / "versions").iterdir())
        self._versions = sorted(name for name in names if not name.startswith("."))
        self._put_in_place()

    def _put_in_place(self) -> None:
        self._arena.run_command("use_dataset", self._versions[self.version], quietly=True)

    async def begin(self, hook_url: str) -> None:
        """Make the accounts and let them watch; the product must run, with the first version."""
        shares = {"first": SUPPLIERS[:FIRST_OWNER_HAS], "second": SUPPLIERS[FIRST_OWNER_HAS:]}
        folder = self._arena.folder
        self._arena.run_program("-c", ACCOUNTS, str(folder), *shares, quietly=True)
        for name, suppliers in shares.items():
            token = (folder / name).read_text().strip()
            self._watchers.append(Watcher(name=name, token=token, suppliers=suppliers))
        for watcher in self._watchers:
            await watcher.watch(self._arena.url, hook_url)

    async def publish(self, stop: asyncio.Event) -> None:
        """Put one version after the other in place, until told to stop; at least one."""
        while not stop.is_set() and self.version + 1 < len(self._versions):
            self.version += 1
            await asyncio.to_thread(self._put_in_place)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), VERSION_EVERY_S)

    async def is_quiet(self) -> bool:
        """Whether all is compared with the current version, and nothing waits to be sent. Raises NoAnswer,
        psycopg.Error."""
        with contextlib.closing(Connection(self._arena.url)) as connection:
            current = (await connection.call("GET", f"{API}/datasets/current/")).data["version"]
        behind = self._arena.ask("SELECT 1 FROM monitors_monitor WHERE checked_version <> %s", current)
        waiting = self._arena.ask("SELECT 1 FROM monitors_delivery WHERE state = 'waiting' LIMIT 1")
        return not (behind or waiting)

    async def list_alerts(self) -> list[ToldAlert]:
        """All alerts that there are, as their owners see them."""
        return [alert for one in self._watchers for alert in await one.list_alerts(self._arena.url)]

    def describe_rest(self) -> list[str]:
        """Deliveries that have not been sent, one line each; none when the database is away."""
        with contextlib.suppress(psycopg.Error):
            rows = self._arena.ask("SELECT id::text, state FROM monitors_delivery WHERE state <> 'sent'")
            return [f"delivery {one} is {state}" for one, state in rows]
        return []


def _read_alert(alert: Mapping[str, Any]) -> ToldAlert:
    matches = alert["matches"]
    return ToldAlert(
        id=alert["id"],
        monitor=alert["name"],
        lots=tuple(read_lot(one["title"]) for one in matches if one["change"] == "new"),
        amounts=tuple((one["before"], one["amount"]) for one in matches if one["change"] == "amended"),
    )
