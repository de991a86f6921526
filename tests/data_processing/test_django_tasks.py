"""What an app enqueues by Django's task interface is a run: recorded with the caller's transaction,
tried again, given up to operators."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from pytest_django import Settings

from data_processing.lifecycle import outbox, runner
from data_processing.models import DeadLetter, State, TaskRun
from data_processing.operations import maintenance, overview
from tests.brokers import count_ready, take_task_ids
from tests.data_processing import jobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker_up")]


def work_on(result: TaskResult[Any]) -> None:
    runner.run_attempt(uuid.UUID(result.id), worker="w")
    result.refresh()


def test_job_of_a_rolled_back_transaction_has_never_been() -> None:
    with transaction.atomic():
        jobs.join_words.enqueue("never")
        transaction.set_rollback(True)
    outbox.background.stop()
    assert (TaskRun.objects.count(), count_ready("high")) == (0, 0)


def test_job_reaches_its_queue_when_its_transaction_is_committed() -> None:
    with transaction.atomic():
        result = jobs.join_words.enqueue("at", "last")
        outbox.background.stop()
        assert count_ready("high") == 0, "a worker would not find the row yet"
    outbox.background.stop()
    assert take_task_ids("high") == [result.id]


def test_result_follows_the_run() -> None:
    result = jobs.join_words.enqueue("public", "money", between=" is ")
    assert (result.status, result.args) == (TaskResultStatus.READY, ["public", "money"])
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value
    work_on(result)
    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, "public is money")
    assert result.worker_ids == ["w"]
    assert jobs.join_words.get_result(result.id).return_value == "public is money"


def test_function_may_ask_for_its_context_and_may_be_a_coroutine() -> None:
    told, awaited = jobs.tell_attempt.enqueue(), jobs.say_done.enqueue()
    work_on(told)
    work_on(awaited)
    assert told.return_value == [told.id, 1]
    assert str(awaited.return_value) == "done"


def test_function_that_raises_is_tried_again_and_then_given_up(settings: Settings) -> None:
    settings.RETRY_DELAYS_S = (0.0,)
    result = jobs.divide.enqueue(1, 0)
    work_on(result)
    assert result.status == TaskResultStatus.READY, "there is one more attempt"
    maintenance.sweep()
    work_on(result)
    assert result.is_finished
    assert result.worker_ids == ["w", "w"]
    assert [error.exception_class for error in result.errors] == [ZeroDivisionError]
    assert DeadLetter.objects.get().run_id == uuid.UUID(result.id)


def test_job_for_later_waits_for_its_hour_and_is_no_backlog() -> None:
    later = jobs.echo.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(1)
    outbox.background.stop()
    assert outbox.publish_due() == 0
    (normal,) = (queue for queue in overview.report_queues()[0] if queue.name == "normal")
    assert (normal.pending, normal.oldest_waiting_s) == (1, None)
    TaskRun.objects.filter(id=later.id).update(publish_at=timezone.now())
    assert outbox.publish_due() == 1
    assert take_task_ids("normal") == [later.id]


def test_equal_jobs_are_two_and_no_limit_holds_them_back(settings: Settings) -> None:
    settings.OWNER_MAX_UNFINISHED = settings.OWNER_WINDOW = 1
    assert len({jobs.echo.enqueue(1).id for _ in range(3)}) == 3
    assert TaskRun.objects.filter(publish_at__isnull=False).count() == 3


def test_signal_tells_of_a_job_once_it_is_sure() -> None:
    told: list[str] = []

    def listen(task_result: TaskResult[object], **_: object) -> None:
        told.append(task_result.id)

    task_enqueued.connect(listen)
    with transaction.atomic():
        result = jobs.echo.enqueue(1)
        assert told == []
    task_enqueued.disconnect(listen)
    assert told == [result.id]


def test_argument_that_is_no_json_and_a_queue_of_the_machine_are_refused() -> None:
    with pytest.raises(TypeError):
        jobs.echo.enqueue({1, 2})  # type: ignore[arg-type]
    with pytest.raises(InvalidTaskError, match="critical"):
        jobs.echo.using(queue_name="critical")
    assert TaskRun.objects.count() == 0


def test_unknown_result_does_not_exist() -> None:
    for unknown in (str(uuid.uuid4()), "no id"):
        with pytest.raises(TaskResultDoesNotExist):
            jobs.echo.get_result(unknown)


def test_clients_neither_start_jobs_nor_see_them(admin_client: Client) -> None:
    result = jobs.join_words.enqueue("secret")
    starting = admin_client.post("/api/v1/data-processing/tasks/job/", {}, "application/json")
    status = admin_client.get(reverse("task-status"), {"task_id": result.id})
    history = admin_client.get(reverse("task-history"))
    assert (starting.status_code, status.status_code) == (404, 404)
    assert history.json()["results"] == []
    run = TaskRun.objects.get()
    assert (run.state, run.description) == (State.PENDING, "Job tests.data_processing.jobs.join_words")
