"""What lies in Redis may be lost, refused or of another form: the rest goes on as if it were missing."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery.result import AsyncResult
from hypothesis import given
from hypothesis import strategies as st

from contracts.progress import Progress
from data_processing.outputs import results
from data_processing.outputs.results import LiveProgress, TaskCancelled

PROGRESS = Progress(phase="writing rows", current=10, total=40)


@pytest.fixture
def client(redis_up: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """The connection that results are kept by; the log has not been told of anything yet."""
    monkeypatch.setattr(results._Told, "refusals_until", 0.0)
    monkeypatch.setattr(results._Told, "unreadable", set())
    results._client().flushdb()
    yield results._client()
    results._client().flushdb()


def store_progress() -> uuid.UUID:
    run_id = uuid.uuid4()
    results.store_progress(run_id, attempt=1, progress=PROGRESS, began=time.time())
    return run_id


def live(**changed: Any) -> str:
    known = {"attempt": 1, "phase": "p", "current": 1, "total": 2, "unit": "rows", "began": 2e9, "at": 2e9}
    return json.dumps({k: v for k, v in {**known, **changed}.items() if v is not None})


UNREADABLE = {
    "no json": b"{",
    "no text": b"\xff\xfe",
    "no object": b"[1]",
    "a text of half a character": b'{"rows": "\\ud800"}',
    "not a number": b'{"rows": NaN}',
    "too deep": b'{"a":' + b"[" * 100_000,
    "another number of members": live(more=1).encode(),
    "a member less": live(unit=None).encode(),
    "a member of another type": live(current="many").encode(),
    "a count that is true": live(attempt=True).encode(),
    "a count that no row can hold": live(current=10**30).encode(),
    "a time before all": live(began=0.0).encode(),
    "a time that is endless": live(at=1e308).encode(),
}
UNREADABLE_ANSWERS = list(UNREADABLE)[:6]


@pytest.mark.parametrize("name", UNREADABLE)
def test_progress_that_cannot_be_read_counts_as_missing_and_hides_no_other(
    client: redis.Redis, name: str
) -> None:
    good, bad = store_progress(), uuid.uuid4()
    client.set(f"progress:{bad}", UNREADABLE[name])
    assert results.get_progress_of([bad]) == {}
    found = results.get_progress_of([bad, good])
    assert list(found) == [good]
    assert found[good].current == 10


@pytest.mark.parametrize("name", UNREADABLE_ANSWERS)
def test_answer_that_cannot_be_read_counts_as_missing(client: redis.Redis, name: str) -> None:
    client.set("answer:k", UNREADABLE[name])
    assert results.get_answer("k") is None
    results.store_answer("k", {"rows": ["\\ud800 as it is written"]})
    assert results.get_answer("k") == {"rows": ["\\ud800 as it is written"]}


def test_the_log_hears_once_of_each_sort_of_unreadable_values(
    client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        client.set(f"answer:{number}", b"{")
        results.get_answer(str(number))
    assert [record.message.partition(" ")[0] for record in caplog.records] == ["answer:0"]


@given(st.text() | st.binary() | st.builds(json.dumps, st.dictionaries(st.text(), st.integers())))
def test_any_value_is_progress_or_unreadable(text: str | bytes) -> None:
    if results._try_to_read("progress:x", text, LiveProgress.read) is not None:
        pytest.fail(f"{text!r} was read")


def test_key_of_another_type_is_no_outage(client: redis.Redis) -> None:
    client.rpush("answer:k", "a", "b")
    assert results.get_answer("k") is None
    assert results.get_progress_of([store_progress()]), "results pause"


def test_call_that_redis_refuses_is_no_outage(client: redis.Redis) -> None:
    client.set("text", "no number")
    assert results.ask(lambda connection: connection.incr("text")) is None
    assert results.ask(lambda connection: connection.ping()), "results pause"


def test_mistake_of_ours_is_neither_outage_nor_refusal(client: redis.Redis) -> None:
    with pytest.raises(redis.DataError):
        results.ask(lambda connection: connection.set("answer:k", {}))  # type: ignore[arg-type]


def test_end_of_a_run_is_told_to_celery_whatever_lies_under_its_key(client: redis.Redis) -> None:
    run_id = uuid.uuid4()
    client.set(f"celery-task-meta-{run_id}", b"\xff{")
    results.tell_cancel(run_id)
    with pytest.raises(TaskCancelled, match="cancelled"):
        AsyncResult(str(run_id)).get(timeout=5)


@pytest.mark.usefixtures("client")
def test_celery_clients_see_how_a_run_is_on_its_way() -> None:
    run_id = uuid.uuid4()
    seen: AsyncResult[Any] = AsyncResult(str(run_id))
    results.store_started(run_id, worker="bulk@host")
    assert (seen.state, seen.info["hostname"]) == ("STARTED", "bulk@host")
    results.store_progress(run_id, attempt=1, progress=PROGRESS, began=time.time())
    assert str(seen.state) == "PROGRESS"
    assert seen.info.items() >= {"current": 10, "total": 40, "status": "writing rows"}.items()
    results.store_retry(run_id, message="out-of-space: the disk is full")
    assert seen.state == "RETRY"
    assert "out-of-space" in str(seen.info)
    assert not seen.ready()
    results.store_success(run_id, {"rows": 40})
    assert seen.get(timeout=5) == {"rows": 40}


@pytest.mark.usefixtures("client")
def test_what_a_paused_worker_says_late_does_not_hide_the_end() -> None:
    run_id = uuid.uuid4()
    results.store_success(run_id, {"rows": 40})
    results.store_started(run_id, worker="w1")
    results.store_progress(run_id, attempt=1, progress=PROGRESS, began=time.time())
    results.store_retry(run_id, message="late")
    assert AsyncResult(str(run_id)).get(timeout=5) == {"rows": 40}


def test_state_takes_the_place_of_what_cannot_be_read(client: redis.Redis) -> None:
    run_id = uuid.uuid4()
    client.set(f"celery-task-meta-{run_id}", b"\xff{")
    results.store_started(run_id, worker="w1")
    assert AsyncResult(str(run_id)).state == "STARTED"
