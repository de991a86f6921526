"""Having a model made: by a run of the machine, one at a time, and none where there is nothing to look at."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from contracts.anomalies.model import read_facts, read_found
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.models import TaskRun
from monitors.anomalies import training
from tests.contracts.unusual_awards import make_unusual
from tests.monitors.conftest import Publish


def test_weekly_run_leaves_the_model_beside_the_dataset_version(publish: Publish) -> None:
    snapshot: Snapshot = publish(make_unusual())
    training.ask_weekly()
    [run] = TaskRun.objects.all()
    assert (run.kind, run.queue, run.dataset_version) == ("train_anomalies", "low", snapshot.version)
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.result == {"found": {"month": 1, "level": 1, "amount": 1}, "contracts_judged": 40}
    assert read_facts(snapshot)["dataset_version"] == snapshot.version
    assert read_found(snapshot).num_rows == 3


def test_model_that_is_being_made_is_not_asked_for_twice(publish: Publish) -> None:
    publish(make_unusual())
    assert training.ask_model() == training.ask_model()
    runner.run_attempt(training.ask_model().id, worker="test")
    assert training.ask_model().state == "PENDING"
    assert TaskRun.objects.count() == 2


def test_no_run_is_recorded_without_a_dataset(db: None, tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path
    training.ask_weekly()
    assert not TaskRun.objects.exists()
