"""Having a model made: by a run of the machine, one at a time, and none where there is nothing to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from contracts.anomalies.model import read_facts, read_found
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.models import TaskRun
from monitors import sweeping
from monitors.anomalies import training
from tests.contracts.small_stores import make_award
from tests.contracts.unusual_awards import make_unusual
from tests.monitors.conftest import Publish, Watch


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


def sweep() -> None:
    """As Beat has it done every few seconds."""
    sweeping.ask_checks()
    training.ask_first_model()


def test_new_dataset_version_gets_its_model_by_the_sweep_once_and_after_the_monitors(
    publish: Publish, watch: Watch
) -> None:
    watch()
    publish(make_unusual())
    sweep()
    sweep()
    # Monitors first.
    [checked] = TaskRun.objects.all()
    assert checked.kind == "check"
    runner.run_attempt(checked.id, worker="test")
    sweep()
    sweep()
    run = TaskRun.objects.get(kind="train_anomalies")
    runner.run_attempt(run.id, worker="test")
    sweep()
    assert TaskRun.objects.filter(kind="train_anomalies").count() == 1
    # The model is there although nobody remembers the run.
    TaskRun.objects.all().delete()
    assert training.ask_first_model() is None
    publish(make_unusual())
    assert training.ask_first_model() is not None


def test_model_that_could_not_be_made_is_not_asked_for_again_and_again(publish: Publish) -> None:
    publish(make_unusual())
    TaskRun.objects.filter(pk=training.ask_model().pk).update(state="FAILURE")
    assert training.ask_first_model() is None
    # Whoever asks is not refused.
    assert training.ask_model().state == "PENDING"


@pytest.mark.parametrize("contracts", [0, 1])
def test_model_of_nearly_nothing_is_a_model(publish: Publish, contracts: int) -> None:
    snapshot = publish([make_award(number) for number in range(contracts)])
    run = training.ask_first_model()
    assert run is not None
    runner.run_attempt(run.id, worker="test")
    assert read_found(snapshot).num_rows == 0


def test_model_that_is_being_made_is_not_asked_for_twice(publish: Publish) -> None:
    publish(make_unusual())
    assert training.ask_model() == training.ask_model()
    runner.run_attempt(training.ask_model().id, worker="test")
    assert training.ask_model().state == "PENDING"
    assert TaskRun.objects.count() == 2


def test_no_run_is_recorded_without_a_dataset(db: None, tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path
    training.ask_weekly()
    assert training.ask_first_model() is None
    assert not TaskRun.objects.exists()
