"""What the tests of the task machine and of the API share: a small dataset, folders of their own, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import submission
from data_processing.lifecycle.runs import insertion
from data_processing.lifecycle.runs.window import OwnerLimits
from data_processing.models import TaskRun
from data_processing.outputs import results
from tests.brokers import publish_like_the_web
from tests.datasets import publish_awards

MakeRun = Callable[..., TaskRun]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed as always, but a thousand times quicker: each took up to a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1000)
        yield


@pytest.fixture
def dataset(tmp_path: Path, settings: Settings) -> Snapshot:
    """A small dataset that is current, and an export folder of the test's own."""
    settings.DATASET_ROOT = tmp_path / "datasets"
    settings.EXPORT_ROOT = tmp_path / "exports"
    # The keeper's thread does not see a test's transaction: a renewal in it would find the lease lost.
    settings.LEASE_S = 600
    return publish_awards(settings.DATASET_ROOT)


@pytest.fixture
def redis_up(redis_server: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis runs, and no outage of an earlier test is remembered."""
    monkeypatch.setattr(results._Outage, "until", 0.0)


@pytest.fixture
def broker_up(rabbitmq: object) -> Iterator[None]:
    """RabbitMQ runs, the queues are empty, this process publishes as the web server does."""
    with publish_like_the_web():
        yield


@pytest.fixture
def make_run(dataset: Snapshot, db: None) -> MakeRun:
    """Records a run as the API does, without a broker."""

    def make(
        kind: str = "search", body: Mapping[str, Any] | None = None, *, owner: str = "visitor:a"
    ) -> TaskRun:
        wanted = KINDS[kind].request.from_json(body)
        run, _ = insertion.submit(
            kind=kind,
            owner=owner,
            request=wanted.to_json(),
            request_key=submission.request_key(kind, wanted, dataset.version),
            dataset_version=dataset.version,
            queue=KINDS[kind].queue,
            publish_in_s=0,
            limits=OwnerLimits(unfinished=1000, window=1000, window_queues=frozenset()),
        )
        return run

    return make
