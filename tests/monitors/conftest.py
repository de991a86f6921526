"""A saved search that is watched, dataset versions one after the other, and what the machine does then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.models import TaskRun
from data_processing.outputs import results
from monitors import saved, sweeping, watching
from monitors.models import Monitor
from monitors.questions import MonitorToMake, SearchToSave
from tests.contracts.small_stores import make_award
from tests.datasets import publish_awards
from tests.listeners import NETWORKS, Listener, listen

Publish = Callable[..., Snapshot]
Watch = Callable[..., Monitor]

ANA = "visitor:ana"


def award(number: int, amount: str = "1000.00", **changed: Any) -> dict[str, Any]:
    """A contract of its own numbers."""
    numbers = {"reference_id": f"R{number}", "award_number": f"A{number}", "contract_number": f"C-{number}"}
    return make_award(number, **{**numbers, "contract_amount": Decimal(amount), **changed})


@pytest.fixture
def publish(db: None, dataset: Snapshot, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Makes awards the current dataset version. No broker runs, and no Redis, in which all tests would share
    the rates of one owner."""
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))
    monkeypatch.setattr(results._Outage, "until", float("inf"))

    def publish(awards: Sequence[Mapping[str, Any]]) -> Snapshot:
        numbered = [{**award, "id": number} for number, award in enumerate(awards, 1)]
        return publish_awards(settings.DATASET_ROOT, numbered)

    return publish


@pytest.fixture
def watch(publish: Publish) -> Watch:
    """Saves a search and watches it."""

    def watch(
        filters: Mapping[str, Any] | None = None, *, owner: str = ANA, name: str = "All", **how: Any
    ) -> Monitor:
        wanted = SearchToSave.from_json({"name": name, "filters": filters})
        [search] = saved.save_all(owner, [wanted])
        return watching.watch(owner, MonitorToMake.from_json({"search": str(search.pk), **how}))

    return watch


@pytest.fixture
def listener(settings: Settings) -> Iterator[Listener]:
    settings.WEBHOOK_NETWORKS = [ip_network(NETWORKS)]
    settings.SITE_URL = "https://explorer.example"
    with listen() as listener:
        yield listener


def work() -> None:
    """Do what is due, as Beat and a worker do."""
    sweeping.ask_checks()
    work_off()
    sweeping.ask_deliveries()
    work_off()


def work_off() -> None:
    for run in TaskRun.objects.filter(state="PENDING").order_by("created_at"):
        runner.run_attempt(run.id, worker="test")
