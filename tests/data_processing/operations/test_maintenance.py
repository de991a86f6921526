"""What is done again and again: it removes what is over, keeps what lives, and twice is as good as once."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.result import AsyncResult
from django.db.models.functions import Now
from pytest_django import Settings

from contracts.snapshot import versions as snapshot
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import dead_letters, outbox, runner
from data_processing.lifecycle.runs import cancellation, claims, endings
from data_processing.models import (
    DeadLetter,
    DeadReason,
    ExportFile,
    IdempotencyKey,
    State,
    TaskRun,
)
from data_processing.operations import maintenance
from data_processing.outputs import files, results
from data_processing.outputs.results import TaskCancelled, TaskFailed
from tests import brokers
from tests.datasets import publish_awards
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=365)


def work_off(run: TaskRun) -> TaskRun:
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    assert run.state == State.SUCCESS
    return run


def age(run: TaskRun, **fields: Any) -> None:
    TaskRun.objects.filter(id=run.id).update(**{name: Now() - by for name, by in fields.items()})


def files_on_disk(settings: Settings) -> set[str]:
    root: Path = settings.EXPORT_ROOT
    return {path.name for path in root.iterdir()} if root.is_dir() else set()


def leave_file(settings: Settings, name: str, *, age_s: float) -> Path:
    """A file in the export folder that was last written ``age_s`` ago."""
    settings.EXPORT_ROOT.mkdir(parents=True, exist_ok=True)
    path: Path = settings.EXPORT_ROOT / name
    path.write_bytes(b"x")
    os.utime(path, (time.time() - age_s, time.time() - age_s))
    return path


# --- Cleaning up ------------------------------------------------------------------------------------------


def test_clean_up_removes_an_expired_file_and_keeps_a_living_one(
    make_run: MakeRun, settings: Settings
) -> None:
    old, young = work_off(make_run("export")), work_off(make_run("export", {"format": "csv"}))
    ExportFile.objects.filter(run=old).update(expires_at=Now() - timedelta(seconds=1))
    maintenance.clean_up()
    assert files_on_disk(settings) == {ExportFile.objects.get(run=young).path}
    assert ExportFile.objects.get(run=old).deleted_at is not None
    assert ExportFile.objects.get(run=young).deleted_at is None


def test_clean_up_forgets_an_expired_result_and_keeps_a_fresh_one(make_run: MakeRun) -> None:
    old, young = work_off(make_run("search")), work_off(make_run("search", {"page": 2}))
    age(old, expires_at=timedelta(seconds=1))
    maintenance.clean_up()
    old.refresh_from_db()
    young.refresh_from_db()
    assert old.result is None
    assert old.state == State.SUCCESS
    assert young.result is not None


def test_clean_up_removes_files_that_no_row_names_once_they_are_old(
    make_run: MakeRun, settings: Settings
) -> None:
    kept = work_off(make_run("export"))
    leave_file(settings, f"{uuid.uuid4()}.1.xlsx.part", age_s=2 * maintenance.ORPHAN_AGE_S)
    leave_file(settings, f"{uuid.uuid4()}.1.xlsx", age_s=2 * maintenance.ORPHAN_AGE_S)
    fresh = leave_file(settings, f"{uuid.uuid4()}.1.csv.part", age_s=5)
    path = ExportFile.objects.get(run=kept).path
    os.utime(files.absolute_path(path), (0, 0))
    maintenance.clean_up()
    assert files_on_disk(settings) == {path, fresh.name}


def test_clean_up_leaves_the_partial_file_of_work_that_still_writes(
    make_run: MakeRun, settings: Settings
) -> None:
    run = make_run("export")
    claim = claims.claim(run.id, worker="w1", lease_s=60)
    assert claim is not None
    partial = leave_file(settings, f"{run.id}.1.xlsx.part", age_s=2 * maintenance.ORPHAN_AGE_S)
    maintenance.clean_up()
    assert partial.name in files_on_disk(settings)


def test_clean_up_removes_rows_of_long_finished_runs_with_all_that_hangs_on_them(
    make_run: MakeRun,
) -> None:
    old, young, waiting = (make_run("search", {"page": page}) for page in (1, 2, 3))
    work_off(old)
    work_off(young)
    DeadLetter.objects.create(run=old, reason=DeadReason.CRASH_LOOP, queue="high")
    age(old, finished_at=LONG_AGO, created_at=LONG_AGO)
    age(waiting, created_at=LONG_AGO)
    maintenance.clean_up()
    assert set(TaskRun.objects.all()) == {young, waiting}
    assert not DeadLetter.objects.exists()


def test_clean_up_forgets_idempotency_keys_after_their_day(make_run: MakeRun) -> None:
    run = make_run("search")
    keys = [
        IdempotencyKey.objects.create(owner="a", key=key, body_digest="d", run=run) for key in ("old", "new")
    ]
    IdempotencyKey.objects.filter(pk=keys[0].pk).update(created_at=Now() - timedelta(hours=25))
    maintenance.clean_up()
    assert list(IdempotencyKey.objects.all()) == [keys[1]]


# --- Snapshots --------------------------------------------------------------------------------------------


def test_pruning_keeps_the_newest_versions_and_those_that_unfinished_runs_name(
    make_run: MakeRun, dataset: Snapshot, settings: Settings
) -> None:
    settings.SNAPSHOTS_KEPT = 1
    root, run = settings.DATASET_ROOT, make_run("search")
    versions = {publish_awards(root).version for _ in range(4)} | {dataset.version}
    # The newest one, and the one before it as a way back.
    wanted = {*sorted(versions)[-2:], snapshot.current(root).version}
    maintenance.prune_snapshots()
    assert {s.version for s in snapshot.history(root)} == wanted | {dataset.version}
    cancellation.request_cancel(run.id)
    maintenance.prune_snapshots()
    assert {s.version for s in snapshot.history(root)} == wanted


# --- Results ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("redis_up")
def test_results_that_redis_lost_are_given_back(make_run: MakeRun) -> None:
    run = work_off(make_run("search"))
    failed = make_run("search", {"page": 2})
    claim = claims.claim(failed.id, worker="w1", lease_s=60)
    assert claim is not None
    results.ask(lambda client: client.flushdb())
    assert maintenance.reconcile_results() == 1
    assert AsyncResult(str(run.id)).get(timeout=2) == run.result
    assert maintenance.reconcile_results() == 0


def end_badly(make_run: MakeRun, settings: Settings) -> dict[str, TaskRun]:
    """A run that has failed and one that was cancelled."""
    settings.RETRY_DELAYS_S = ()
    failed, cancelled = make_run("search", {"page": 2}), make_run("search", {"page": 3})
    TaskRun.objects.filter(id=failed.id).update(request={"pages": 2})
    runner.run_attempt(failed.id, worker="test")
    cancellation.request_cancel(cancelled.id)
    return {"failed": failed, "cancelled": cancelled}


@pytest.mark.usefixtures("redis_up")
def test_ends_without_a_result_that_redis_lost_are_given_back(make_run: MakeRun, settings: Settings) -> None:
    ended = end_badly(make_run, settings)
    results.ask(lambda client: client.flushdb())
    assert maintenance.reconcile_results() == 2
    with pytest.raises(TaskFailed, match="unreadable-request"):
        AsyncResult(str(ended["failed"].id)).get(timeout=2)
    with pytest.raises(TaskCancelled):
        AsyncResult(str(ended["cancelled"].id)).get(timeout=2)
    assert maintenance.reconcile_results() == 0


@pytest.mark.usefixtures("redis_up")
def test_an_emptied_redis_is_given_back_all_and_another_one_the_latest(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "RECONCILED", 1)
    runs = [work_off(make_run("search", {"page": page})) for page in (1, 2)]
    results.ask(lambda client: client.flushdb())
    assert maintenance.reconcile_results() == 2
    for run in runs:
        results.forget(run.id)
    assert maintenance.reconcile_results() == 1


@pytest.mark.usefixtures("broker_up", "redis_up")
@pytest.mark.parametrize(("cancelled", "told"), [(False, TaskFailed), (True, TaskCancelled)])
def test_celery_clients_hear_that_a_run_ended_with_its_worker(
    make_run: MakeRun, settings: Settings, cancelled: bool, told: type[Exception]
) -> None:
    settings.MAX_LOST_ATTEMPTS = 1
    run = make_run()
    assert claims.claim(run.id, worker="w1", lease_s=60) is not None
    if cancelled:
        cancellation.request_cancel(run.id)
    age(run, lease_until=timedelta(seconds=5))
    maintenance.sweep()
    with pytest.raises(told):
        AsyncResult(str(run.id)).get(timeout=2)


# --- Stubborn cancels -------------------------------------------------------------------------------------


def ask_to_stop(run: TaskRun, *, seconds_ago: float) -> None:
    cancellation.request_cancel(run.id)
    TaskRun.objects.filter(id=run.id).update(
        cancel_requested_at=Now() - timedelta(seconds=seconds_ago), lease_until=Now() + timedelta(minutes=1)
    )


@pytest.mark.usefixtures("broker_up")
def test_work_that_does_not_stop_is_fenced_out_and_its_partial_file_removed(
    make_run: MakeRun, settings: Settings
) -> None:
    run = make_run("export")
    claim = claims.claim(run.id, worker="w1", lease_s=60)
    assert claim is not None
    leave_file(settings, f"{run.id}.1.xlsx.part", age_s=0)
    ask_to_stop(run, seconds_ago=settings.CANCEL_GRACE_S + 1)
    maintenance.sweep()
    run.refresh_from_db()
    assert run.state == State.REVOKED
    assert files_on_disk(settings) == set()
    assert not endings.succeed(claim, result={}, keep_s=60), "the stubborn work can publish nothing any more"


@pytest.mark.usefixtures("broker_up")
def test_stubborn_work_is_fenced_out_while_the_broker_is_away(
    make_run: MakeRun, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run("export")
    assert claims.claim(run.id, worker="w1", lease_s=60) is not None
    ask_to_stop(run, seconds_ago=settings.CANCEL_GRACE_S + 1)
    brokers.lose_broker(monkeypatch)
    maintenance.sweep()
    run.refresh_from_db()
    assert run.state == State.REVOKED


@pytest.mark.usefixtures("broker_up")
def test_sweep_publishes_what_waits_before_it_asks_redis_to_tell_ends(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, waiting = make_run("search"), make_run("search", {"page": 2})
    assert claims.claim(lost.id, worker="w1", lease_s=60) is not None
    long_ago = Now() - timedelta(seconds=1)
    TaskRun.objects.filter(id=lost.id).update(lease_until=long_ago, cancel_requested_at=long_ago)
    published_then: list[int] = []
    announce = results.announce_end

    def watch(run_id: uuid.UUID) -> None:
        published_then.append(brokers.count_ready("high"))
        announce(run_id)

    monkeypatch.setattr(results, "announce_end", watch)
    maintenance.sweep()
    assert published_then == [1]
    lost.refresh_from_db()
    assert lost.state == State.REVOKED
    assert brokers.take_task_ids("high") == [str(waiting.id)]


@pytest.mark.usefixtures("broker_up")
def test_work_gets_its_grace_to_stop_by_itself(make_run: MakeRun, settings: Settings) -> None:
    run = make_run("export")
    assert claims.claim(run.id, worker="w1", lease_s=60) is not None
    ask_to_stop(run, seconds_ago=settings.CANCEL_GRACE_S / 2)
    maintenance.sweep()
    run.refresh_from_db()
    assert run.state == State.STARTED


# --- Twice ------------------------------------------------------------------------------------------------


def snapshot_of_rows() -> list[dict[str, Any]]:
    return [
        dict(row)
        for model in (TaskRun, ExportFile, IdempotencyKey, DeadLetter)
        for row in model.objects.order_by("pk").values()
    ]


JOBS: dict[str, Callable[[], object]] = {
    "sweep": maintenance.sweep,
    "file_dead_letters": dead_letters.file_undelivered,
    "reconcile_results": maintenance.reconcile_results,
    "clean_up": maintenance.clean_up,
    "prune_snapshots": maintenance.prune_snapshots,
}


@pytest.mark.usefixtures("broker_up", "redis_up")
@pytest.mark.parametrize("job", JOBS)
def test_job_that_runs_twice_in_a_row_changes_nothing_the_second_time(
    make_run: MakeRun, settings: Settings, job: str
) -> None:
    """On runs in every state, an expired file, an orphan, a used key."""
    expired, _ = work_off(make_run("export")), work_off(make_run("search"))
    ExportFile.objects.filter(run=expired).update(expires_at=Now() - timedelta(seconds=1))
    leave_file(settings, f"{uuid.uuid4()}.1.xlsx", age_s=2 * maintenance.ORPHAN_AGE_S)
    make_run("search", {"page": 2})
    outbox.publish_due()
    make_run("search", {"page": 3})
    dead_worker = make_run("search", {"page": 4})
    assert claims.claim(dead_worker.id, worker="w1", lease_s=60) is not None
    age(dead_worker, lease_until=timedelta(seconds=5))
    cancellation.request_cancel(make_run("search", {"page": 5}).id)
    IdempotencyKey.objects.create(owner="a", key="k", body_digest="d", run=expired)
    JOBS[job]()
    rows, on_disk = snapshot_of_rows(), files_on_disk(settings)
    JOBS[job]()
    assert snapshot_of_rows() == rows
    assert files_on_disk(settings) == on_disk
