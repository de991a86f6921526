"""The hub and its streams inside one process: what is read, what is told, what is left when clients go."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace

import pytest
import redis
from pytest_django import DjangoAssertNumQueries, Settings

from api.views import events
from api.views.events import STREAMS
from api.waiting import reader as readers
from api.waiting.event_hub import Hub
from api.waiting.reader import Reader, Update
from contracts.progress import Progress
from data_processing.lifecycle.runs import cancellation, claims, recovery
from data_processing.lifecycle.runs.claims import Claim
from data_processing.models import TaskRun
from data_processing.outputs import results
from tests.api.conftest import TASKS
from tests.api.exchange import PATIENCE_S, Exchange, apart, hub_is_gone, run_alone, wait_for
from tests.machine import MakeRun

HALF = Progress(phase="writing", current=500, total=1000, unit="rows")


def claim(run: TaskRun) -> Claim:
    held = claims.claim(run.id, worker="w1", lease_s=60)
    assert held is not None
    return held


def store(held: Claim, progress: Progress) -> None:
    results.store_progress(held.run_id, attempt=held.attempt, progress=progress, began=time.time())


def tell(reader: Reader, run: TaskRun) -> str | None:
    """The id of the newest update that the reader has for the run, if any."""
    update = reader.read([run.id]).updates[run.id]
    return None if update is None else update.event_id


def counted(event_id: str | None) -> int | None:
    return None if event_id is None else int(event_id.split("-")[2])


# What is read


def changed(reader: Reader, every: Sequence[TaskRun]) -> set[uuid.UUID]:
    """The runs of which the next look has an update that none had before."""
    wanted = [run.id for run in every]
    before = {told.update for told in reader._told.values()}
    return {key for key, update in reader.read(wanted).updates.items() if update not in before}


@pytest.mark.django_db
def test_reader_asks_once_for_all_runs_and_describes_only_the_changed(
    make_run: MakeRun, live: redis.Redis, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = [make_run(body={"page": page}) for page in range(1, 6)]
    held = [claim(run) for run in many]
    reader = Reader()
    assert changed(reader, many) == {run.id for run in many}
    live.config_resetstat()
    with django_assert_num_queries(1):
        assert changed(reader, many) == set()
    store(held[3], HALF)
    # One for what may have changed, one for what has.
    with django_assert_num_queries(2):
        assert changed(reader, many) == {many[3].id}
    calls = live.info("commandstats")
    assert calls["cmdstat_mget"]["calls"] == 2
    assert calls["cmdstat_get"]["calls"] == 1, "by the worker, which looks whether the run has ended"


@pytest.mark.django_db
def test_reader_never_turns_progress_back_when_redis_forgets_it(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run()
    held, reader = claim(run), Reader()
    claims.renew(held, lease_s=60, progress=replace(HALF, current=300))
    store(held, HALF)
    assert counted(tell(reader, run)) == 500
    live.flushdb()
    assert counted(tell(reader, run)) == 500
    cancellation.request_cancel(run.id)
    assert counted(tell(reader, run)) == 500
    claims.renew(held, lease_s=60, progress=replace(HALF, current=700))
    assert counted(tell(reader, run)) == 700
    store(held, replace(HALF, current=600))  # late: it was on its way before the row was written
    assert counted(tell(reader, run)) == 700
    store(held, replace(HALF, current=800))
    assert counted(tell(reader, run)) == 800


@pytest.mark.django_db
def test_reader_does_not_show_the_progress_of_an_earlier_attempt(
    make_run: MakeRun, live: redis.Redis
) -> None:
    run = make_run()
    store(claim(run), HALF)
    TaskRun.objects.filter(id=run.id).update(lease_until="2020-01-01T00:00:00Z")
    assert len(recovery.release_lost(at_most=5)) == 1
    claim(run)
    assert counted(tell(Reader(), run)) == 0


@pytest.mark.django_db
def test_reader_ranks_those_in_line_as_tasks_status_does(
    make_run: MakeRun, live: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "PLACES_EVERY_S", 0.0)
    line = [make_run(body={"page": page}) for page in range(1, 4)] + [make_run("export")]
    reader = Reader()
    reader.read([run.id for run in line])
    claim(line[0])
    assert changed(reader, line[1:]) == {line[1].id, line[2].id}, "the export waits in another queue"
    for run in line[1:]:
        assert tell(reader, run) == Update.of(run).event_id


@pytest.mark.django_db
def test_a_change_of_state_goes_before_progress_and_progress_before_positions(
    make_run: MakeRun, live: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "PLACES_EVERY_S", 0.0)
    line = [make_run(body={"page": page}) for page in range(1, 8)]
    first, second, third, *waiting = line
    held, others, reader = claim(second), claim(third), Reader()
    store(held, HALF)
    store(others, HALF)
    every = line[::-1]
    assert len(changed(reader, every)) == len(line)

    monkeypatch.setattr(readers, "DESCRIBED_AT_A_TIME", 2)
    claim(first)
    for claimed in (held, others):
        store(claimed, replace(HALF, current=600))
    told = [changed(reader, every) for _ in range(5)]
    assert first.id in told[0]
    assert told[0] | told[1] > {first.id, second.id, third.id}
    assert set().union(*told[1:4]) >= {run.id for run in waiting}
    assert told[4] == set(), "each is told once"


@pytest.mark.django_db(transaction=True)
def test_who_joins_late_gets_no_older_state_than_the_run_has(
    make_run: MakeRun, live: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, *others = [make_run(body={"page": page}) for page in range(1, 7)]
    held = [claim(each) for each in (run, *others)]

    async def scene() -> None:
        hub = Hub()
        watchers = [hub.join(each.id) for each in (run, *others)]
        await wait_for(lambda: all(watcher.update for watcher in watchers))
        monkeypatch.setattr(readers, "DESCRIBED_AT_A_TIME", 1)
        for claimed in held:
            store(claimed, HALF)
        joined = hub.join(run.id)
        await asyncio.wait_for(joined.changed.wait(), PATIENCE_S)
        assert joined.update is not None
        assert counted(joined.update.event_id) == HALF.current
        for watcher in [*watchers, joined]:
            hub.leave(watcher)
        await hub_is_gone()

    run_alone(scene())


@pytest.mark.django_db
def test_a_run_that_is_gone_is_told_as_gone(make_run: MakeRun, live: redis.Redis) -> None:
    run, reader = make_run(), Reader()
    assert reader.read([run.id]).updates[run.id] is not None
    TaskRun.objects.all().delete()
    assert reader.read([run.id]).updates == {run.id: None}


@pytest.mark.django_db
def test_an_event_is_one_line_of_data_whatever_the_request_says(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run(body={"filters": {"keywords": ["a\nb\r\nid: 7\u2028 Ñ"]}})
    lines = Update.of(run).encoded.splitlines()
    assert [line.partition(b": ")[0] for line in lines] == [b"id", b"data", b""]


# What is told


def path_of(run: TaskRun) -> str:
    return f"{TASKS}{run.id}/events/"


@pytest.mark.django_db(transaction=True)
def test_a_client_that_goes_away_leaves_no_watcher(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run()

    async def scene() -> None:
        exchange = Exchange(path_of(run))
        await exchange.start()
        assert (await exchange.receive()).startswith(b"retry: ")
        assert b"PENDING" in await exchange.receive()
        assert STREAMS.taken == 1
        await exchange.disconnect()
        await wait_for(lambda: STREAMS.taken == 0)
        await hub_is_gone()

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
def test_a_silent_stream_sends_comments(
    make_run: MakeRun, live: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    seen = Update.of(run).event_id
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)

    async def scene() -> None:
        exchange = Exchange(path_of(run), Last_Event_ID=seen)
        await exchange.start()
        await exchange.receive()
        for _ in range(3):
            assert (await exchange.receive()).startswith(b":")
        await exchange.disconnect()
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("share", "in_all", "status"), [(1, 9, 429), (9, 1, 503)])
def test_no_more_streams_than_an_owner_and_a_process_may_have(
    make_run: MakeRun, live: redis.Redis, settings: Settings, share: int, in_all: int, status: int
) -> None:
    run, others = make_run(), make_run(owner="visitor:b")
    settings.OWNER_MAX_STREAMS, settings.MAX_STREAMS = share, in_all

    async def scene() -> None:
        first, second, third = (Exchange(path_of(run)) for _ in range(3))
        await first.start()
        await first.receive()
        await second.start()
        assert second.status == status
        assert (await second.receive_json())["code"] == "too-many-streams"
        another = Exchange(path_of(others), owner="b")
        await another.start()
        assert another.status == (200 if status == 429 else 503), "a full share is the owner's own affair"
        await another.disconnect()
        await first.disconnect()
        await third.start()
        assert third.status == 200
        await third.disconnect()
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
def test_streams_end_when_their_run_is_deleted(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run()

    async def scene() -> None:
        exchange = Exchange(path_of(run))
        await exchange.start()
        await exchange.receive()
        await exchange.receive()
        await apart(TaskRun.objects.all().delete)
        assert await exchange.receive() == b""
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
def test_task_of_a_kind_of_a_newer_release_is_followed_as_any_other(
    make_run: MakeRun, live: redis.Redis
) -> None:
    run = make_run()

    async def scene() -> None:
        exchange = Exchange(path_of(run))
        await exchange.start()
        await exchange.receive()
        await exchange.receive()
        await apart(TaskRun.objects.filter(id=run.id).update, kind="of-tomorrow", current=1)
        assert b"does not know" in await exchange.receive()
        await exchange.disconnect()
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
def test_streams_end_with_a_hub_that_broke_and_the_next_one_has_another(
    make_run: MakeRun, live: redis.Redis
) -> None:
    run, other = make_run(), make_run(body={"page": 2})

    async def scene() -> None:
        exchange = Exchange(path_of(run))
        await exchange.start()
        await exchange.receive()
        await exchange.receive()
        # Whatever may break it; nothing that a row says does.
        (hub,) = (task for task in asyncio.all_tasks() if task.get_name() == "event-hub")
        hub.cancel()
        assert await exchange.receive() == b""
        after = Exchange(path_of(other))
        await after.start()
        await after.receive()
        assert b"PENDING" in await after.receive()
        await after.disconnect()
        await wait_for(lambda: STREAMS.taken == 0)

    run_alone(scene())


@pytest.mark.django_db(transaction=True)
def test_who_is_slow_gets_the_newest_state_and_not_a_backlog(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run()
    held = claim(run)

    async def scene() -> None:
        hub = Hub()
        watcher = hub.join(run.id)
        for current in (100, 200, 300):
            store(held, replace(HALF, current=current))
            watcher.changed.clear()
            await asyncio.wait_for(watcher.changed.wait(), PATIENCE_S)
        assert watcher.update is not None
        assert counted(watcher.update.event_id) == 300
        hub.leave(watcher)
        await hub_is_gone()

    run_alone(scene())


@pytest.mark.django_db
def test_the_view_and_the_hub_know_a_state_by_the_same_id(make_run: MakeRun, live: redis.Redis) -> None:
    run = make_run()
    store(claim(run), HALF)
    run.refresh_from_db()
    assert Update.of(run).event_id == tell(Reader(), run)
