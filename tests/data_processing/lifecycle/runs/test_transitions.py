"""The state machine: every (state, event) pair, fencing, joining, windows."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now

from contracts.progress import Progress
from data_processing.errors import NotFound, TooManyTasks
from data_processing.lifecycle.runs import (
    cancellation,
    claims,
    endings,
    insertion,
    publishing,
    reads,
    recovery,
    window,
)
from data_processing.lifecycle.runs.claims import Claim
from data_processing.lifecycle.runs.endings import Ending
from data_processing.lifecycle.runs.states import TRANSITIONS, Event
from data_processing.lifecycle.runs.window import OwnerLimits
from data_processing.models import DeadLetter, DeadReason, State, TaskRun

pytestmark = pytest.mark.django_db

LIMITS = OwnerLimits(unfinished=5, window=2, window_queues=frozenset({"normal"}))
BROKEN = Ending(code="broken", message="it broke", retryable=True, traceback="Traceback")


def submit(
    *,
    owner: str = "visitor:a",
    key: str | None = None,
    queue: str = "high",
    kind: Any = "search",
    address: str | None = None,
    limits: OwnerLimits | None = None,
) -> TaskRun:
    run, _ = insertion.submit(
        kind=kind,
        owner=owner,
        request={"page": 1},
        request_key=key or uuid.uuid4().hex,
        dataset_version="v1",
        queue=queue,
        publish_in_s=0,
        limits=limits or LIMITS,
        address=address,
    )
    return run


def claim(run: TaskRun) -> Claim:
    claimed = claims.claim(run.id, worker="w1", lease_s=30)
    assert claimed is not None
    return claimed


def in_state(state: State) -> tuple[TaskRun, Claim | None]:
    """A run that was brought to ``state`` by the machine itself, and the claim it ran under."""
    run = submit(address="here")
    if state == State.PENDING:
        return run, None
    if state == State.REVOKED:
        cancellation.request_cancel(run.id)
        return run, None
    held = claim(run)
    match state:
        case State.SUCCESS:
            assert endings.succeed(held, result={"n": 1}, keep_s=60)
        case State.FAILURE:
            assert endings.fail(held, BROKEN)
        case State.RETRY:
            assert endings.postpone(held, BROKEN, delay_s=0)
    return run, held


def expire_lease(run: TaskRun) -> None:
    TaskRun.objects.filter(id=run.id).update(lease_until=Now() - timedelta(seconds=1))


def apply_stop(run: TaskRun, held: Claim) -> Any:
    TaskRun.objects.filter(id=run.id).update(cancel_requested_at=Now())
    return endings.stop(held)


def apply_lose(run: TaskRun, held: Claim) -> Any:
    expire_lease(run)
    return recovery.release_lost(at_most=5)


APPLY: dict[Event, Callable[[TaskRun, Claim], Any]] = {
    Event.CLAIM: lambda run, held: claims.claim(run.id, worker="w2", lease_s=30),
    Event.SUCCEED: lambda run, held: endings.succeed(held, result={}, keep_s=60),
    Event.FAIL: lambda run, held: endings.fail(held, BROKEN),
    Event.POSTPONE: lambda run, held: endings.postpone(held, BROKEN, delay_s=60),
    Event.RESUME: lambda run, held: recovery.resume_due(),
    Event.LOSE: apply_lose,
    Event.STOP: apply_stop,
    Event.CANCEL: lambda run, held: cancellation.request_cancel(run.id) == State.REVOKED,
    Event.REPLAY: lambda run, held: recovery.replay([run.id]),
}


def stale_claim(run: TaskRun) -> Claim:
    """A claim as a worker would hold it for a run that is not its own."""
    return Claim(
        run_id=run.id,
        attempt=run.attempt,
        kind=run.kind,
        owner=run.owner,
        queue=run.queue,
        request=run.request,
        request_key=run.request_key,
        dataset_version=run.dataset_version,
        created_at=run.created_at,
        worker="w1",
        claimed_at=run.created_at,
        attempts=tuple(run.attempts),
    )


@pytest.mark.parametrize("event", Event, ids=lambda event: event.name)
@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_every_event_moves_exactly_the_states_of_the_table(state: State, event: Event) -> None:
    run, held = in_state(state)
    run.refresh_from_db()
    changed = APPLY[event](run, held or stale_claim(run))
    expected = TRANSITIONS.get((state, event), state)
    run.refresh_from_db()
    if event is Event.CANCEL and state is State.REVOKED:
        assert changed, "cancelling again is answered alike"
    else:
        assert bool(changed) == ((state, event) in TRANSITIONS)
    assert run.state == expected


def test_claim_refuses_a_second_worker() -> None:
    run = submit()
    claim(run)
    assert claims.claim(run.id, worker="w2", lease_s=30) is None


def test_claim_refuses_an_unknown_run() -> None:
    assert claims.claim(uuid.uuid4(), worker="w1", lease_s=30) is None


def test_zombie_can_change_nothing_after_its_lease_was_taken() -> None:
    run = submit()
    zombie = claim(run)
    expire_lease(run)
    assert len(recovery.release_lost(at_most=5)) == 1
    successor = claim(run)
    progress = Progress(phase="x", current=1, total=2)
    assert not claims.renew(zombie, lease_s=30, progress=progress)
    assert not endings.succeed(zombie, result={"by": "zombie"}, keep_s=60)
    assert not endings.fail(zombie, BROKEN)
    assert not endings.postpone(zombie, BROKEN, delay_s=0)
    assert not endings.stop(zombie)
    assert endings.succeed(successor, result={"by": "successor"}, keep_s=60)
    run.refresh_from_db()
    assert run.result == {"by": "successor"}
    assert [a["outcome"] for a in run.attempts] == ["lost", "succeeded"]


def test_live_lease_is_not_taken() -> None:
    claim(submit())
    assert recovery.release_lost(at_most=5) == []


def test_renewal_keeps_the_progress_for_everybody_to_see() -> None:
    run = submit()
    held = claim(run)
    assert claims.renew(held, lease_s=30, progress=Progress(phase="writing rows", current=10, total=40))
    run.refresh_from_db()
    assert (run.phase, run.current, run.total, run.unit) == ("writing rows", 10, 40, "rows")


def test_crash_loop_ends_in_a_dead_letter() -> None:
    run = submit()
    for _ in range(3):
        claim(run)
        expire_lease(run)
        assert len(recovery.release_lost(at_most=3)) == 1
    run.refresh_from_db()
    assert run.state == State.FAILURE
    assert run.error is not None
    assert run.error["code"] == "worker-lost"
    letter = DeadLetter.objects.get(run=run)
    assert letter.reason == DeadReason.CRASH_LOOP
    assert len(letter.attempts) == 3


def test_failure_without_a_dead_reason_leaves_no_dead_letter() -> None:
    run, _ = in_state(State.FAILURE)
    assert not DeadLetter.objects.filter(run=run).exists()


def test_postponed_run_is_not_resumed_before_its_time() -> None:
    run = submit()
    endings.postpone(claim(run), BROKEN, delay_s=60)
    assert recovery.resume_due() == 0
    run.refresh_from_db()
    assert run.state == State.RETRY
    assert run.error == {"code": "broken", "message": "it broke", "retryable": True}


def test_retried_run_keeps_its_id_and_lists_its_attempts() -> None:
    run, _ = in_state(State.RETRY)
    assert recovery.resume_due() == 1
    held = claim(run)
    assert held.failures == 1
    endings.succeed(held, result={}, keep_s=60)
    run.refresh_from_db()
    assert [(a["number"], a["outcome"], a["error_code"]) for a in run.attempts] == [
        (1, "failed", "broken"),
        (2, "succeeded", None),
    ]


def test_accepted_cancel_wins_over_a_finish_that_comes_later() -> None:
    run = submit()
    held = claim(run)
    assert cancellation.request_cancel(run.id) == State.STARTED
    assert claims.is_cancelled(held)
    assert not endings.succeed(held, result={}, keep_s=60)
    assert not endings.fail(held, BROKEN)
    assert endings.stop(held)
    run.refresh_from_db()
    assert run.state == State.REVOKED


def test_finish_wins_over_a_cancel_that_comes_later() -> None:
    run, _ = in_state(State.SUCCESS)
    assert cancellation.request_cancel(run.id) == State.SUCCESS
    run.refresh_from_db()
    assert run.cancel_requested_at is None


def test_cancelled_run_of_a_dead_worker_ends_as_revoked() -> None:
    run = submit()
    claim(run)
    cancellation.request_cancel(run.id)
    expire_lease(run)
    recovery.release_lost(at_most=5)
    run.refresh_from_db()
    assert run.state == State.REVOKED


def test_stop_needs_a_cancel() -> None:
    run = submit()
    assert not endings.stop(claim(run))


def test_equal_unfinished_request_is_joined() -> None:
    first, second = submit(key="same"), submit(key="same")
    assert first.id == second.id
    assert TaskRun.objects.count() == 1


def test_equal_request_of_another_owner_is_not_joined() -> None:
    assert submit(key="same").id != submit(owner="visitor:b", key="same").id


def test_request_equal_to_a_finished_or_cancelled_one_is_new() -> None:
    first = submit(key="same")
    held = claim(first)
    cancellation.request_cancel(first.id)
    second = submit(key="same")
    assert second.id != first.id
    endings.stop(held)
    endings.succeed(claim(second), result={}, keep_s=60)
    assert submit(key="same").id not in (first.id, second.id)


def test_joiner_that_withdraws_leaves_the_work_to_the_other() -> None:
    run = submit(key="same")
    submit(key="same")
    assert cancellation.withdraw(run.id) is None
    assert cancellation.withdraw(run.id) == State.REVOKED
    assert cancellation.withdraw(run.id) == State.REVOKED


def test_cancel_for_everybody_stops_a_run_that_others_wait_for() -> None:
    run = submit(key="same")
    submit(key="same")
    assert cancellation.request_cancel(run.id) == State.REVOKED


def test_cancel_of_an_unknown_run_says_so() -> None:
    for cancel in (cancellation.request_cancel, cancellation.withdraw):
        with pytest.raises(NotFound):
            cancel(uuid.uuid4())


def test_row_that_the_database_refuses_for_another_reason_is_an_error_and_no_equal_run() -> None:
    statements = itertools.count()

    def watch(execute: Any, *arguments: Any) -> Any:
        assert next(statements) < 20, "it tries for ever"
        return execute(*arguments)

    with connection.execute_wrapper(watch), pytest.raises(IntegrityError, match="kind"):
        submit(kind=None)
    assert not TaskRun.objects.exists()


def test_joining_is_possible_when_there_is_no_place_for_another() -> None:
    submit(key="same")
    for _ in range(LIMITS.unfinished - 1):
        submit()
    assert submit(key="same").interested == 2


def test_owner_with_too_many_unfinished_tasks_is_refused() -> None:
    for _ in range(LIMITS.unfinished):
        submit()
    with pytest.raises(TooManyTasks, match="at most 5"):
        submit()
    submit(owner="visitor:b")


def test_visitors_of_an_address_with_too_many_unfinished_tasks_are_refused() -> None:
    limits = replace(LIMITS, from_address=3)
    first, *_ = [submit(owner=f"visitor:{name}", address="here", limits=limits) for name in "abc"]
    with pytest.raises(TooManyTasks, match="at most 3"):
        submit(owner="visitor:d", address="here", limits=limits)
    # Users have no address, and there is no other limit for all of them together.
    for name in "uvwxyz":
        submit(owner=f"user:{name}", limits=limits)
    submit(owner="visitor:d", address="there", limits=limits)
    assert submit(owner="visitor:a", key=first.request_key, address="here", limits=limits).id == first.id
    endings.succeed(claim(first), result={}, keep_s=60)
    submit(owner="visitor:d", address="here", limits=limits)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_address_is_kept_until_the_run_ends(state: State) -> None:
    run, _ = in_state(state)
    run.refresh_from_db()
    assert (run.address is None) == run.finished


def test_runs_of_an_address_beyond_its_window_are_held_back_until_earlier_ones_end() -> None:
    limits = replace(LIMITS, address_window=2)

    def submit_export(owner: str, address: str | None) -> TaskRun:
        return submit(owner=owner, queue="normal", address=address, limits=limits)

    def list_held() -> set[str]:
        return set(TaskRun.objects.filter(publish_at=None, state="PENDING").values_list("owner", flat=True))

    first, *_ = [submit_export(f"visitor:{name}", "here") for name in "abcde"]
    submit_export("visitor:f", "there")
    submit_export("user:1", None)
    assert list_held() == {"visitor:c", "visitor:d", "visitor:e"}
    assert window.release_held(window=2, address_window=2) == 0
    held = claim(first)
    endings.succeed(held, result={}, keep_s=60)
    assert window.release_held(window=2, address_window=2, after=held) == 1
    assert list_held() == {"visitor:d", "visitor:e"}
    assert window.release_held(window=2, address_window=3) == 1
    assert list_held() == {"visitor:e"}


def test_owner_beyond_the_window_is_held_back_until_an_earlier_run_ends() -> None:
    first, second, third, fourth = (submit(queue="normal") for _ in range(4))
    other = submit(owner="visitor:b", queue="normal")
    held_back = TaskRun.objects.filter(publish_at=None).values_list("id", flat=True)
    assert set(held_back) == {third.id, fourth.id}
    assert other.publish_at is not None
    assert window.release_held(window=2) == 0
    endings.succeed(claim(first), result={}, keep_s=60)
    assert window.release_held(window=2) == 1
    third.refresh_from_db()
    assert third.publish_at is not None
    assert second.id != third.id


def test_only_one_publisher_gets_to_publish_a_run() -> None:
    run = submit()
    assert [r.id for r in publishing.list_due(10, kinds=["search"], queues=["high"])] == [run.id]
    assert publishing.schedule(run.id, publishes=0, in_s=60, sent=True)
    assert not publishing.schedule(run.id, publishes=0, in_s=60, sent=True)
    assert not publishing.list_due(10, kinds=["search"], queues=["high"])


def test_replayed_run_starts_afresh() -> None:
    run, _ = in_state(State.FAILURE)
    assert recovery.replay([run.id]) == 1
    run.refresh_from_db()
    assert (run.state, run.error, run.attempts) == (State.PENDING, None, [])
    assert claim(run).failures == 0


def columns_of(run: TaskRun) -> dict[str, Any]:
    return dict(TaskRun.objects.filter(id=run.id).values().get())


def test_a_run_is_recorded_with_the_defaults_of_the_model() -> None:
    recorded, saved = submit(), TaskRun(owner="visitor:b", request={"page": 1}, request_key="k")
    saved.kind, saved.dataset_version, saved.queue = recorded.kind, recorded.dataset_version, recorded.queue
    saved.save()
    told_apart = ("id", "owner", "request_key", "created_at", "publish_at")
    found, expected = columns_of(recorded), columns_of(saved)
    for name in told_apart:
        assert found.pop(name) != expected.pop(name)
    assert found == expected


def test_a_recorded_run_is_what_the_submission_returned() -> None:
    run, held = submit(), [submit(queue="normal") for _ in range(3)][-1]
    assert (run.created_at, run.owner, run.request) == (
        columns_of(run)["created_at"],
        "visitor:a",
        {"page": 1},
    )
    assert run.publish_at is not None
    assert columns_of(run)["publish_at"] is not None
    assert (held.publish_at, columns_of(held)["publish_at"]) == (None, None)


@pytest.mark.parametrize("state", list(State))
def test_find_reads_every_column(state: State) -> None:
    run, _ = in_state(state)
    found = reads.get(run.id)
    assert found is not None
    assert {name: getattr(found, name) for name in columns_of(run)} == columns_of(run)
    assert reads.get(uuid.uuid4()) is None


def test_places_count_the_older_waiting_ones_of_the_queue() -> None:
    first, other, second = submit(), submit(queue="normal"), submit()
    line = [first, other, second]
    places = {first.id: 1, other.id: 1, second.id: 2}
    assert reads.locate_in_line([run.id for run in line]) == places
    assert [reads.locate_in_line([run.id]) for run in line] == [{run.id: places[run.id]} for run in line]
    claim(first)
    assert reads.locate_in_line([run.id for run in line]) == {other.id: 1, second.id: 1}
    assert reads.locate_in_line([first.id]) == reads.locate_in_line([]) == {}
