"""What becomes of tasks when workers die, freeze, are asked to stop, or are told to cancel."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from celery import current_app
from celery.result import AsyncResult
from django.db import connection, transaction

from data_processing.kinds.kind import PREFIX
from data_processing.lifecycle import outbox
from data_processing.lifecycle.runs import cancellation, recovery
from data_processing.models import DeadLetter, DeadReason, ExportFile, State, TaskRun
from data_processing.operations import maintenance
from monitors import receivers, sweeping
from monitors.models import Delivery, Receiver
from monitors.questions import ReceiverToMake
from tests.integration.conftest import (
    PATIENCE_S,
    Submit,
    has_ended,
    sweep_until_ended,
    wait_for,
    wait_until_ended,
)
from tests.integration.workers import StartWorker, Worker
from tests.listeners import NETWORKS, listen

pytestmark = pytest.mark.django_db(transaction=True)

Hire = Callable[[], Worker]


@pytest.fixture
def hire(shared_worker: StartWorker) -> Hire:
    """Gives the worker that the tests share, or another one when that has died or is frozen."""
    return lambda: shared_worker(LEASE_S="2", SHUTDOWN_TIMEOUT_S="4", WEBHOOK_NETWORKS=NETWORKS)


def wait_until_started(run: TaskRun) -> None:
    def started() -> bool:
        run.refresh_from_db()
        return run.state == State.STARTED

    wait_for(started)


def outcomes(run: TaskRun) -> list[str]:
    run.refresh_from_db()
    return [attempt["outcome"] for attempt in run.attempts]


@pytest.mark.parametrize(
    ("kind", "body"),
    [("search", {}), ("aggregates", {}), ("export", {"format": "xlsx"}), ("export", {"format": "csv"})],
)
def test_every_kind_succeeds_and_celery_clients_get_its_result(
    hire: Hire, submit: Submit, kind: str, body: dict[str, str]
) -> None:
    worker = hire()
    run = submit(kind, body)
    wait_until_ended(run, worker=worker)
    assert run.state == State.SUCCESS
    assert AsyncResult(str(run.id)).get(timeout=PATIENCE_S) == run.result


def test_diagnostics_answer_under_their_fixed_names(hire: Hire) -> None:
    worker = hire()
    app = current_app
    for name in (f"{PREFIX}sample_add", f"{PREFIX}health_check_task", "health_check_task"):
        assert app.send_task(name, (2, 3), queue="critical").get(timeout=PATIENCE_S) == 5
    task = app.send_task("philgeps_data_explorer.celery.debug_task", queue="critical")
    assert task.get(timeout=PATIENCE_S)["worker"] == worker.name


def test_running_task_is_cancelled_long_before_its_end(hire: Hire, submit: Submit) -> None:
    worker = hire()
    run = submit("rehearsal", {"steps": 10_000})
    wait_until_started(run)
    assert cancellation.request_cancel(run.id) == State.STARTED
    wait_until_ended(run, worker=worker)
    assert run.state == State.REVOKED
    after = submit("search")
    wait_until_ended(after, worker=worker)
    assert after.state == State.SUCCESS


def test_task_of_a_killed_child_is_rescued(hire: Hire, submit: Submit) -> None:
    worker = hire()
    run = submit("rehearsal", {"steps": 40})
    wait_until_started(run)
    for pid in worker.child_pids:
        os.kill(pid, signal.SIGKILL)
    sweep_until_ended(run, worker=worker)
    assert (run.state, outcomes(run)) == (State.SUCCESS, ["lost", "succeeded"])
    assert worker.alive


def test_task_that_kills_its_worker_every_time_becomes_a_dead_letter(hire: Hire, submit: Submit) -> None:
    worker = hire()
    run = submit("rehearsal", {"fate": "crash"})

    def given_up() -> bool:
        TaskRun.objects.filter(state=State.STARTED).update(lease_until=run.created_at)
        recovery.release_lost(at_most=2)
        recovery.resume_due()
        outbox.publish_due()
        return has_ended(run)

    wait_for(given_up, worker=worker)
    assert run.state == State.FAILURE
    assert DeadLetter.objects.get(run=run).reason == DeadReason.CRASH_LOOP
    after = submit("search")
    sweep_until_ended(after, worker=worker)
    assert after.state == State.SUCCESS


def test_task_of_a_killed_worker_is_rescued_by_another(hire: Hire, submit: Submit) -> None:
    first = hire()
    run = submit("rehearsal", {"steps": 40})
    wait_until_started(run)
    first.kill()
    second = hire()
    sweep_until_ended(run, worker=second)
    assert outcomes(run) == ["lost", "succeeded"]
    assert run.worker == second.name


def test_frozen_worker_that_wakes_up_changes_nothing(hire: Hire, submit: Submit) -> None:
    zombie = hire()
    run = submit("rehearsal", {"steps": 60, "number": 7})
    wait_until_started(run)
    zombie.freeze()
    successor = hire()
    sweep_until_ended(run, worker=successor)
    finished_at = run.finished_at
    zombie.thaw()
    wait_for(lambda: "taken over" in zombie.read_log(), worker=zombie)
    run.refresh_from_db()
    assert (run.state, run.finished_at, run.worker) == (State.SUCCESS, finished_at, successor.name)
    zombie.stop()


def test_export_killed_in_the_middle_is_published_once(hire: Hire, submit: Submit) -> None:
    first = hire()
    exports = [submit("export", {"filters": {"keywords": [f"river {n}"]}}) for n in range(1, 9)]
    wait_for(lambda: TaskRun.objects.exclude(state=State.PENDING).exists())
    first.kill()
    second = hire()
    for run in exports:
        sweep_until_ended(run, worker=second)
    assert {run.state for run in exports} == {State.SUCCESS}
    assert ExportFile.objects.count() == len(exports)


def test_alert_of_a_worker_that_dies_before_it_notes_the_answer_comes_again_under_its_id(
    hire: Hire,
) -> None:
    worker = hire()
    with listen() as listener:
        wanted = ReceiverToMake.from_json({"name": "Desk", "url": "https://desk.example/"})
        receiver = receivers.add("visitor:a", wanted)
        # Past what may be written down: the setting is the worker's, not this process's.
        Receiver.objects.update(url=listener.url)
        delivery = receivers.test(receiver)
        listener.gate.clear()
        sweeping.ask_deliveries()
        wait_for(listener.came.is_set, worker=worker)
        with transaction.atomic():
            Delivery.objects.select_for_update().get()
            listener.gate.set()
            wait_for(is_somebody_held_up, worker=worker)
            for pid in worker.child_pids:
                os.kill(pid, signal.SIGKILL)
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries, listener.ids) == ("waiting", [], [str(delivery.pk)])
        Delivery.objects.update(lease_until=delivery.created_at)

        def is_sent() -> bool:
            sweeping.ask_deliveries()
            maintenance.sweep()
            return Delivery.objects.filter(state="sent").exists()

        wait_for(is_sent, worker=worker)
        assert listener.ids == [str(delivery.pk)] * 2


def is_somebody_held_up() -> bool:
    """Whether a process waits for a row that this one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_worker_that_is_asked_to_stop_hands_its_work_back(hire: Hire, submit: Submit) -> None:
    first = hire()
    run = submit("rehearsal", {"steps": 120})
    wait_until_started(run)
    assert first.stop() == 0, "it had to be killed"
    second = hire()
    sweep_until_ended(run, worker=second)
    assert run.state == State.SUCCESS
    assert len(outcomes(run)) > 1
    assert outcomes(run)[-1] == "succeeded"


def test_short_task_is_finished_before_the_worker_stops(hire: Hire, submit: Submit) -> None:
    worker = hire()
    run = submit("rehearsal", {"steps": 20})
    wait_until_started(run)
    worker.stop()
    assert outcomes(run) == ["succeeded"]
