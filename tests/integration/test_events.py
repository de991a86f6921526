"""Event streams of a real web server over real PostgreSQL and Redis, while runs move."""

from __future__ import annotations

import contextlib
import signal
import time
import uuid

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from contracts.progress import Progress
from data_processing.lifecycle.runs import cancellation, endings, recovery
from data_processing.lifecycle.runs.claims import Claim
from data_processing.models import TaskRun
from data_processing.outputs import results
from tests.integration.website import (
    PATIENCE_S,
    POOL_SIZE,
    TASKS,
    StartWeb,
    Web,
    claim,
    submit,
    wait_for,
)
from tools.stack.servers import PostgreSQL

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 1000


@pytest.fixture(scope="module")
def web(start_web: StartWeb) -> Web:
    """The web server of all tests that leave it alive."""
    return start_web()


def count_rows(held: Claim, current: int, *, began: float) -> None:
    """Say live that so many rows are done, as a worker does."""
    progress = Progress(phase="writing", current=current, total=ROWS, unit="rows")
    results.store_progress(held.run_id, attempt=held.attempt, progress=progress, began=began)


def test_a_stream_tells_the_course_of_a_run_in_order_and_ends_with_it(web: Web) -> None:
    run = submit()
    with web.events(run) as stream:
        messages = iter(stream)
        first = next(messages)
        assert first.data["state"] == "PENDING"
        held, began = claim(run), time.time()
        seen = [next(messages)]
        assert seen[0].data["state"] == "STARTED"
        for current in (100, 400, 900):
            count_rows(held, current, began=began)
            seen.append(next(messages))
        done = Progress(phase="writing", current=ROWS, total=ROWS, unit="rows")
        assert endings.succeed(held, result={"rows": []}, keep_s=60, progress=done)
        seen += messages  # to the end, which the server makes

    assert [message.current for message in seen] == [0, 100, 400, 900, ROWS]
    assert [message.data["state"] for message in seen[1:4]] == ["PROGRESS"] * 3
    assert [message.name for message in seen] == ["message"] * 4 + ["end"]
    assert len({message.event_id for message in (first, *seen)}) == 6
    assert seen[-1].data == web.status(run)


def test_a_stream_tells_live_progress_as_tasks_status_does(web: Web) -> None:
    run = submit()
    held = claim(run)
    count_rows(held, 250, began=time.time() - 10)
    with web.events(run) as stream:
        told, asked = next(iter(stream)).data, web.status(run)
    for body in (told, asked):
        assert body["meta"].pop("eta_seconds") > 0  # runs on between the two answers
    assert told == asked


def test_a_stream_is_not_buffered_on_its_way(web: Web) -> None:
    with web.events(submit()) as stream:
        headers = stream.response.headers
        assert headers.get_content_type() == "text/event-stream"
        assert headers["X-Accel-Buffering"] == "no"
        assert "no-store" in headers["Cache-Control"]


def test_progress_in_haste_makes_at_most_four_events_a_second(web: Web) -> None:
    run = submit()
    with web.events(run) as stream:
        messages = iter(stream)
        next(messages)
        held, began = claim(run), time.monotonic()
        for current in range(1, 151):
            count_rows(held, current, began=time.time())
            time.sleep(0.01)
        assert endings.succeed(held, result={}, keep_s=60)
        currents = [message.current for message in messages]
        elapsed_s = time.monotonic() - began
    assert 2 <= len(currents) <= 4 * elapsed_s + 1
    # The row of this run counted nothing; what was told before the end must never fall.
    assert currents[:-1] == sorted(currents[:-1])


def test_who_comes_back_gets_the_state_at_once_when_it_has_changed(web: Web) -> None:
    run = submit()
    with web.events(run) as stream:
        seen = next(iter(stream))
    held = claim(run)
    with web.events(run, last_id=seen.event_id) as stream:
        assert next(iter(stream)).data["meta"]["attempt"] == held.attempt


def test_who_comes_back_is_not_told_again_what_he_has_seen(web: Web) -> None:
    run = submit()
    held = claim(run)
    count_rows(held, 100, began=time.time())
    with web.events(run) as stream:
        seen = next(iter(stream))
    # Another stream on the run, so that there is a message at hand that could be sent by mistake.
    with web.events(run) as other, web.events(run, last_id=seen.event_id) as stream:
        assert next(iter(other)).event_id == seen.event_id
        count_rows(held, 200, began=time.time())
        assert next(iter(stream)).current == 200


def test_a_finished_run_is_one_last_event_and_then_no_content(web: Web) -> None:
    run = submit()
    assert endings.succeed(claim(run), result={}, keep_s=60)
    with web.events(run) as stream:
        (last,) = stream
    assert (last.name, last.data["ready"]) == ("end", True)
    with web.events(run, last_id=last.event_id) as stream:
        assert stream.response.status == 204


def test_a_cancelled_run_is_told_as_stopping_and_then_as_revoked(web: Web) -> None:
    run = submit()
    held = claim(run)
    with web.events(run) as stream:
        messages = iter(stream)
        assert next(messages).data["cancel_requested"] is False
        cancellation.request_cancel(run.id)
        assert next(messages).data["cancel_requested"] is True
        assert endings.stop(held)
        (last,) = messages
    assert (last.name, last.data["state"]) == ("end", "REVOKED")


def test_a_second_attempt_counts_anew(web: Web) -> None:
    run = submit()
    held = claim(run)
    count_rows(held, 700, began=time.time())
    with web.events(run) as stream:
        messages = iter(stream)
        assert next(messages).current == 700
        TaskRun.objects.filter(id=run.id).update(lease_until="2020-01-01T00:00:00Z")
        assert len(recovery.release_lost(at_most=5)) == 1
        assert next(messages).data["state"] == "PENDING"
        again = claim(run)
        assert next(messages).current == 0
        count_rows(again, 50, began=time.time())
        message = next(messages)
    assert (message.current, message.data["meta"]["attempt"]) == (50, 2)


def test_those_in_line_are_told_when_they_move_up(web: Web) -> None:
    first, second = submit(), submit()
    with web.events(second) as stream:
        messages = iter(stream)
        assert next(messages).data["meta"]["queue_position"] == 2
        claim(first)
        assert next(messages).data["meta"]["queue_position"] == 1


@pytest.mark.parametrize("path", ["{other}/events/", "{unknown}/events/", "no-id/events/"])
def test_unknown_runs_and_those_of_others_are_not_found(web: Web, path: str) -> None:
    other = submit(owner="visitor:b")
    with web.get(TASKS + path.format(other=other.id, unknown=uuid.uuid4())) as answer:
        assert answer.response.status == 404
        assert answer.response.headers.get_content_type() == "application/problem+json"
        assert answer.read_body()["code"] == "not-found"


def test_staff_follow_the_runs_of_all(web: Web) -> None:
    run = submit(owner="visitor:b")
    client = Client()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].OutputString(attrs=[])
    with web.events(run, Cookie=cookie) as stream:
        assert next(iter(stream)).data["task_id"] == str(run.id)


def test_open_streams_hold_no_threads_and_no_database_connections(web: Web) -> None:
    before, many = web.count_threads(), 8 * POOL_SIZE
    with contextlib.ExitStack() as streams:
        for _ in range(many):
            next(iter(streams.enter_context(web.events(submit()))))
        # Those of the hub, of asyncio and of the connection pool do not grow with the streams.
        wait_for(lambda: web.count_threads() < before + many / 2)
        assert web.status(submit())["state"] == "PENDING"


def test_the_hub_goes_when_the_last_client_has_gone(web: Web) -> None:
    run = submit()
    with web.events(run) as stream:
        next(iter(stream))
        before = web.count_threads()
    wait_for(lambda: web.count_threads() < before)
    with web.events(run) as stream:
        assert next(iter(stream)).data["state"] == "PENDING"


def test_streams_outlive_a_restart_of_the_database(web: Web, postgres: PostgreSQL) -> None:
    run = submit()
    with web.events(run) as stream:
        messages = iter(stream)
        next(messages)
        connection.close()
        postgres.restart()
        held = claim(run)
        assert next(messages).data["meta"]["attempt"] == held.attempt
        assert endings.succeed(held, result={}, keep_s=60)
        assert [message.name for message in messages] == ["end"]


def test_an_open_stream_does_not_hold_up_the_end_of_the_server(start_web: StartWeb) -> None:
    web = start_web()
    with web.events(submit()) as stream:
        next(iter(stream))
        web.child.send_signal(signal.SIGTERM)
        # Without a kill: stop_child would have reported one.
        assert web.child.wait(PATIENCE_S) in (0, -signal.SIGTERM)
