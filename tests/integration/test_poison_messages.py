"""Messages that no worker can read, and work that exhausts the memory: the worker survives, the tasks behind
them end, and operators find what died."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from data_processing.lifecycle import dead_letters, outbox
from data_processing.lifecycle.publisher import publisher
from data_processing.models import DeadLetter, DeadReason, State, TaskRun
from data_processing.tasks import sample_add
from tests.brokers import RUN_TASK, count_ready, publish_raw, task_message
from tests.integration.conftest import PATIENCE_S, Submit, sweep_until_ended, wait_for, wait_until_ended
from tests.integration.hungry import exhaust_memory
from tests.integration.workers import StartWorker, Worker

QUEUE = "high"


@pytest.fixture
def running(shared_worker: StartWorker) -> Worker:
    """One worker for all: none of this ends it."""
    return shared_worker(queues="critical,high", include="tests.integration.hungry", RETRY_DELAYS_S="0.1")


def headers(**changed: Any) -> dict[str, Any]:
    """The headers of a task message; None leaves one out."""
    task_id = str(uuid.uuid4())
    whole = {"lang": "py", "task": RUN_TASK, "id": task_id, "root_id": task_id, "timelimit": [None, None]}
    return {name: value for name, value in {**whole, **changed}.items() if value is not None}


JSON = {"content_type": "application/json", "content_encoding": "utf-8"}
GOOD_BODY = task_message(str(uuid.uuid4()))

POISON: dict[str, dict[str, Any]] = {
    "json of another shape": {"body": '{"a": 1}', "headers": headers(), **JSON},
    "a json number": {"body": "42", "headers": headers(), **JSON},
    "arguments that are no list": {"body": '["abc", {}, {}]', "headers": headers(), **JSON},
    "no id header": {"body": GOOD_BODY, "headers": headers(id=None), **JSON},
    "bad time limit": {"body": GOOD_BODY, "headers": headers(timelimit=["soon", "later"]), **JSON},
    "time limit that is no pair": {"body": GOOD_BODY, "headers": headers(timelimit=7), **JSON},
    "broken json": {"body": '[["', "headers": headers(), **JSON},
    "bytes that are no text": {"body": b"\xff\xfe\x00\x80", "headers": headers(), **JSON},
    "compression that is none": {
        "body": b"\x1f\x8bnot gzip",
        "headers": headers(compression="application/x-gzip"),
        "content_type": "application/json",
        "content_encoding": "binary",
    },
    "unknown compression": {"body": GOOD_BODY, "headers": headers(compression="rot13"), **JSON},
    "a serializer that is not accepted": {
        "body": b"\x80\x04.",
        "headers": headers(),
        "content_type": "application/x-python-serialize",
        "content_encoding": "binary",
    },
    "text without headers": {"body": "hello", "content_type": "text/plain"},
    "nothing at all": {"body": b""},
    "unknown task": {"body": GOOD_BODY, "headers": headers(task="no.such.task"), **JSON},
    "task name that is a list": {"body": GOOD_BODY, "headers": headers(task=["a", "b"]), **JSON},
    "task name with a null character": {"body": GOOD_BODY, "headers": headers(task="a\x00b"), **JSON},
    "run id that is no uuid": {"body": task_message("abc"), "headers": headers(), **JSON},
    "no run id": {"body": task_message(), "headers": headers(), **JSON},
    "too many arguments": {"body": task_message("a", "b", "c"), "headers": headers(), **JSON},
    "a date that is none": {"body": GOOD_BODY, "headers": headers(eta="tomorrow"), **JSON},
    "an expiry that is none": {"body": GOOD_BODY, "headers": headers(expires={"a": 1}), **JSON},
    "a far date": {"body": GOOD_BODY, "headers": headers(eta="2099-01-01T00:00:00+00:00"), **JSON},
    "a far date of a diagnostic": {
        "body": task_message(1, 2),
        "headers": headers(task=sample_add.name, eta="2099-01-01T00:00:00"),
        **JSON,
    },
    "an id that is a list": {"body": GOOD_BODY, "headers": headers(id=["x"]), **JSON},
}


def test_worker_survives_every_message_it_cannot_read(running: Worker, submit: Submit) -> None:
    for page, (name, message) in enumerate(POISON.items(), start=1):
        publish_raw(message["body"], queue=QUEUE, **{k: v for k, v in message.items() if k != "body"})
        good = submit("search", {"page": page})
        wait_until_ended(good, worker=running)
        assert good.state == State.SUCCESS, f"the task behind {name!r} ended as {good.state}"
        assert running.alive, f"{name!r} ended the worker"
        wait_for(lambda: count_ready(f"{QUEUE}.dead") == 1, worker=running)
        dead_letters.file_undelivered()
        letter = DeadLetter.objects.latest("pk")
        assert letter.reason == DeadReason.UNREADABLE
        assert letter.queue == QUEUE
    assert DeadLetter.objects.count() == len(POISON)


def test_messages_to_be_kept_until_later_do_not_stop_the_lane(running: Worker, submit: Submit) -> None:
    for _ in range(20):
        publish_raw(GOOD_BODY, queue=QUEUE, headers=headers(eta="2099-01-01T00:00:00+00:00"), **JSON)
    good = submit("search")
    wait_until_ended(good, worker=running)
    wait_for(lambda: count_ready(f"{QUEUE}.dead") == 20, worker=running)
    dead_letters.file_undelivered()
    letter = DeadLetter.objects.latest("pk")
    assert letter.error is not None
    assert "until later" in letter.error["message"]


def record_unpublished(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> TaskRun:
    with monkeypatch.context() as patch:
        patch.setattr(publisher, "_rests_until", float("inf"))
        return submit("search")


def test_run_of_an_unknown_kind_is_left_alone_and_the_worker_says_so(
    running: Worker, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record_unpublished(submit, monkeypatch)
    TaskRun.objects.filter(id=run.id).update(kind="forecast")
    before = TaskRun.objects.filter(id=run.id).values().get()
    publish_raw(task_message(str(run.id)), queue=QUEUE, headers=headers(id=str(run.id)), **JSON)
    wait_until_ended(submit("search", {"page": 2}), worker=running)
    assert TaskRun.objects.filter(id=run.id).values().get() == before
    assert f"run {run.id} is left alone" in running.read_log()
    assert count_ready(f"{QUEUE}.dead") == 0


def test_message_that_expired_does_not_make_the_worker_refuse_the_run(
    running: Worker, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = record_unpublished(submit, monkeypatch)
    expired = headers(id=str(run.id), expires="2001-01-01T00:00:00+00:00")
    publish_raw(task_message(str(run.id)), queue=QUEUE, headers=expired, **JSON)
    wait_until_ended(submit("search", {"page": 2}), worker=running)
    run.refresh_from_db()
    assert run.state == State.PENDING, "what expired is dropped"
    outbox.publish_new(run)
    wait_until_ended(run, worker=running)


def test_work_that_exhausts_the_memory_ends_neither_worker_nor_neighbours(
    running: Worker, submit: Submit
) -> None:
    hog, good = submit("aggregates"), submit("search")
    wait_until_ended(good, worker=running)
    sweep_until_ended(hog, worker=running)
    assert good.state == State.SUCCESS
    assert hog.state == State.FAILURE
    assert hog.error is not None
    assert hog.error["code"] == "out-of-memory"
    assert [attempt["outcome"] for attempt in hog.attempts] == ["failed", "failed"]
    assert DeadLetter.objects.get(run=hog).reason == DeadReason.ATTEMPTS_USED_UP
    assert running.alive


def test_diagnostic_that_exhausts_the_memory_fails_and_the_worker_goes_on(running: Worker) -> None:
    failing = exhaust_memory.apply_async(queue="critical")
    with pytest.raises(Exception, match="ran out of memory"):
        failing.get(timeout=PATIENCE_S)
    assert sample_add.delay(1, 2).get(timeout=PATIENCE_S) == 3
    assert running.alive
