"""``Prefer: wait``: who waits hears of the end, holds nothing meanwhile, and takes nobody's place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import psycopg
import pytest
import redis
from celery.result import AsyncResult
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from api.views.events import STREAMS
from api.waiting import event_hub as hubs
from api.waiting.event_hub import Hub
from api.waiting.waits import WAITERS
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.lifecycle.runs import cancellation, claims
from data_processing.models import TaskRun
from data_processing.operations import maintenance
from data_processing.outputs import results
from tests.api.conftest import TASKS
from tests.api.exchange import PATIENCE_S, Exchange, apart, hub_is_gone, run_alone, wait_for
from tests.machine import MakeRun
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import PostgreSQL

pytestmark = pytest.mark.django_db(transaction=True)

NEVER_S = 3600.0


@pytest.fixture(autouse=True)
def accepting(dataset: Snapshot, live: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are accepted. No broker runs, which they do not wait to find out each time."""
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))


@pytest.fixture
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends must be heard of."""
    monkeypatch.setattr(hubs, "POLL_S", NEVER_S)


def search(*, owner: str = "a", page: int = 1, wait: int = 30) -> Exchange:
    return Exchange(f"{TASKS}search/", owner=owner, body={"page": page}, Prefer=f"wait={wait}")


def work_off() -> None:
    for run in TaskRun.objects.filter(state="PENDING"):
        runner.run_attempt(run.id, worker="test")


async def is_waiting(exchange: Exchange) -> None:
    """Send the request and return when one more waits."""
    before = WAITERS.taken
    await exchange.send()
    await wait_for(lambda: WAITERS.taken > before)


def test_who_waits_gets_the_payload_as_soon_as_a_worker_says_that_it_is_there(no_polling: None) -> None:
    async def scene() -> None:
        exchange = search()
        await is_waiting(exchange)
        await apart(work_off)
        await exchange.receive_head()
        assert (exchange.status, exchange.headers["preference-applied"]) == (200, "wait=30")
        assert "retry-after" not in exchange.headers
        body = await exchange.receive_json()
        assert (body["state"], body["deduplicated"], body["data"]["page"]) == ("SUCCESS", False, 1)
        await exchange.end()
        await hub_is_gone()

    run_alone(scene())


async def cancel_by_api(run: TaskRun) -> None:
    cancel = Exchange(f"{TASKS}cancel/", body={"task_id": str(run.id)})
    await cancel.start()
    assert cancel.status == 202
    await cancel.end()


async def fail(run: TaskRun) -> None:
    last = [{"outcome": "failed"}] * len(settings.RETRY_DELAYS_S)
    await apart(TaskRun.objects.update, request={"filters": "none"}, attempts=last)
    await apart(work_off)


async def lose_worker(run: TaskRun) -> None:
    await apart(claims.claim, run.id, worker="w1", lease_s=-1)
    await apart(maintenance.sweep)


async def lose_worker_when_cancelled(run: TaskRun) -> None:
    await apart(claims.claim, run.id, worker="w1", lease_s=-1)
    await apart(cancellation.request_cancel, run.id)
    await apart(maintenance.sweep)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (cancel_by_api, "REVOKED"),
        (fail, "FAILURE"),
        (lose_worker, "FAILURE"),
        (lose_worker_when_cancelled, "REVOKED"),
    ],
)
def test_who_waits_hears_of_every_end(
    no_polling: None, settings: Settings, end: Callable[[TaskRun], Awaitable[None]], state: str
) -> None:
    settings.MAX_LOST_ATTEMPTS = 1

    async def scene() -> None:
        exchange = search()
        await is_waiting(exchange)
        run = await apart(TaskRun.objects.get)
        await end(run)
        await exchange.receive_head()
        assert exchange.status == 202
        assert (await exchange.receive_json())["state"] == state
        await exchange.end()
        with pytest.raises(results.TaskCancelled if state == "REVOKED" else results.TaskFailed):
            await apart(AsyncResult(str(run.id)).get, timeout=2)

    run_alone(scene())


def test_who_waits_gets_the_payload_without_redis_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_RESULT_BACKEND = f"redis://{LOOPBACK}:{pick_port()}/1"
    monkeypatch.setattr(results._Outage, "until", float("inf"))

    async def scene() -> None:
        exchange = search()
        await is_waiting(exchange)
        await apart(work_off)
        await exchange.receive_head()
        assert exchange.status == 200
        await exchange.receive_json()
        await exchange.end()

    run_alone(scene())


def test_an_end_before_listening_began_is_looked_for(make_run: MakeRun, no_polling: None) -> None:
    run = make_run()
    runner.run_attempt(run.id, worker="test")

    async def scene() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await Hub().wait_for_end(run.id, within_s=NEVER_S)

    run_alone(scene())


def test_an_end_between_the_recording_and_the_wait_is_known(make_run: MakeRun, no_polling: None) -> None:
    first, second, third = (make_run(body={"page": page}) for page in (1, 2, 3))

    async def scene() -> None:
        hub = Hub()

        async def wait(run: TaskRun) -> None:
            async with asyncio.timeout(PATIENCE_S):
                await hub.wait_for_end(run.id, within_s=NEVER_S)

        await apart(runner.run_attempt, first.id, worker="test")
        await wait(first)  # The hub listens from here on.
        waiting = asyncio.create_task(wait(third))
        for run in (second, third):
            await apart(runner.run_attempt, run.id, worker="test")
        await waiting  # Ends are heard in order: that of the second has been.
        await wait(second)

    run_alone(scene())


def test_a_wait_that_is_over_says_how_far_the_task_is() -> None:
    async def scene() -> None:
        exchange = search(wait=1)
        await is_waiting(exchange)
        run = await apart(TaskRun.objects.get)
        await apart(claims.claim, run.id, worker="w1", lease_s=60)
        await exchange.receive_head()
        assert (exchange.status, exchange.headers["preference-applied"]) == (202, "wait=1")
        assert exchange.headers["retry-after"] == "1"
        assert (await exchange.receive_json())["state"] == "STARTED"
        await exchange.end()

    run_alone(scene())


def test_a_run_that_is_deleted_during_the_wait_leaves_the_first_answer() -> None:
    async def scene() -> None:
        exchange = search(wait=1)
        await is_waiting(exchange)
        await apart(TaskRun.objects.all().delete)
        await exchange.receive_head()
        assert exchange.status == 202
        assert (await exchange.receive_json())["status"] == "queued"
        await exchange.end()

    run_alone(scene())


@pytest.mark.parametrize(("share", "in_all"), [(1, 9), (9, 1)])
def test_beyond_an_owners_or_a_process_share_one_is_not_kept_waiting(
    settings: Settings, share: int, in_all: int
) -> None:
    settings.OWNER_MAX_WAITERS, settings.MAX_WAITERS = share, in_all

    async def scene() -> None:
        first, second, another = search(), search(page=2), search(owner="b")
        await is_waiting(first)
        await second.start()
        assert second.status == 202
        assert "preference-applied" not in second.headers
        assert (await second.receive_json())["state"] == "PENDING"
        await second.end()
        await another.send()
        if in_all > 1:
            await wait_for(lambda: WAITERS.taken == 2)
        else:
            await another.receive_head()
        for exchange in (first, another):
            await exchange.disconnect()

    run_alone(scene())


def test_a_client_that_hangs_up_ends_its_wait_at_once() -> None:
    async def scene() -> None:
        exchange = search()
        await is_waiting(exchange)
        await exchange.disconnect()
        assert WAITERS.taken == 0
        await hub_is_gone()

    run_alone(scene())


@pytest.fixture
def locker(postgres: PostgreSQL) -> Iterator[psycopg.Connection]:
    """A connection that can lock the runs of the test's database."""
    url = postgres.database_url(str(connection.settings_dict["NAME"]))
    with contextlib.closing(psycopg.connect(url)) as locker:
        yield locker


def test_a_client_that_hangs_up_before_its_answer_is_made_leaves_no_place_taken(
    make_run: MakeRun, locker: psycopg.Connection
) -> None:
    run = make_run()
    locker.execute(f"LOCK TABLE {TaskRun._meta.db_table} IN ACCESS EXCLUSIVE MODE")
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

    async def scene() -> None:
        exchange = Exchange(f"{TASKS}{run.id}/events/")
        await exchange.send()
        await wait_for(lambda: locker.execute(blocked).fetchone() == (1,))
        gone = asyncio.create_task(exchange.disconnect())
        await asyncio.sleep(0.05)
        locker.rollback()
        await gone
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())
