"""The state machine against a model: workers, zombies, sweepers, owners and operators act in any order."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from data_processing import runs
from data_processing.models import FINISHED, DeadLetter, State, TaskRun
from data_processing.runs import Claim, Ending, OwnerLimits

BROKEN = Ending(code="broken", message="it broke", retryable=True)
LIMITS = OwnerLimits(unfinished=10_000, window=10_000, window_queues=frozenset())
MAX_LOST = 3


def submit() -> TaskRun:
    run, _ = runs.submit(
        kind="search",
        owner="visitor:a",
        request={},
        request_key=uuid.uuid4().hex,
        dataset_version="v1",
        queue="high",
        publish_in_s=0,
        limits=LIMITS,
    )
    return run


@dataclass
class Expected:
    """What the model believes of the one run."""

    state: State = State.PENDING
    attempt: int = 0
    cancel_requested: bool = False
    lost: int = 0
    effects: list[int] = field(default_factory=list)

    def owns(self, claim: Claim) -> bool:
        return self.state == State.STARTED and claim.attempt == self.attempt

    def ends(self, claim: Claim) -> bool:
        return self.owns(claim) and not self.cancel_requested


class RunMachine(RuleBasedStateMachine):
    """One run and many actors. Claims are never taken back from the workers, so old ones act as zombies."""

    claims: Bundle[Claim] = Bundle("claims")

    @initialize()
    def accept(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.run = submit()
        self.model = Expected()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @rule(target=claims)
    def claim(self) -> Claim | MultipleResults[Claim]:
        claim = runs.claim(self.run.id, worker="w", lease_s=60)
        assert (claim is not None) == (self.model.state == State.PENDING)
        if claim is None:
            return multiple()
        self.model.state, self.model.attempt = State.STARTED, self.model.attempt + 1
        assert claim.attempt == self.model.attempt
        return claim

    @rule(claim=claims)
    def renew(self, claim: Claim) -> None:
        assert runs.renew(claim, lease_s=60, progress=None) == self.model.owns(claim)

    @rule(claim=claims)
    def succeed(self, claim: Claim) -> None:
        won = runs.succeed(claim, result={"attempt": claim.attempt}, keep_s=60)
        assert won == self.model.ends(claim)
        if won:
            self.model.state = State.SUCCESS
            self.model.effects.append(claim.attempt)

    @rule(claim=claims)
    def fail(self, claim: Claim) -> None:
        failed = runs.fail(claim, BROKEN)
        assert failed == self.model.ends(claim)
        if failed:
            self.model.state = State.FAILURE

    @rule(claim=claims)
    def postpone(self, claim: Claim) -> None:
        postponed = runs.postpone(claim, BROKEN, delay_s=0)
        assert postponed == self.model.ends(claim)
        if postponed:
            self.model.state = State.RETRY

    @rule(claim=consumes(claims))
    def stop(self, claim: Claim) -> None:
        stopped = runs.stop(claim)
        assert stopped == (self.model.owns(claim) and self.model.cancel_requested)
        if stopped:
            self.model.state = State.REVOKED

    @rule()
    def resume(self) -> None:
        assert runs.resume_due() == (self.model.state == State.RETRY)
        if self.model.state == State.RETRY:
            self.model.state = State.PENDING

    @rule()
    def sweep_living_leases(self) -> None:
        assert runs.release_lost(at_most=MAX_LOST) == 0

    @rule()
    def sweep_after_a_lease_ran_out(self) -> None:
        TaskRun.objects.filter(state=State.STARTED).update(lease_until=Now() - timedelta(seconds=1))
        assert runs.release_lost(at_most=MAX_LOST) == (self.model.state == State.STARTED)
        if self.model.state == State.STARTED:
            self._expect_release()

    def _expect_release(self) -> None:
        if self.model.cancel_requested:
            self.model.state = State.REVOKED
            return
        self.model.lost += 1
        self.model.state = State.FAILURE if self.model.lost >= MAX_LOST else State.PENDING

    @rule()
    def cancel(self) -> None:
        state = runs.request_cancel(self.run.id)
        if self.model.state in (State.PENDING, State.RETRY):
            self.model.state = State.REVOKED
        elif self.model.state == State.STARTED:
            self.model.cancel_requested = True
        assert state == self.model.state

    @rule()
    def replay(self) -> None:
        assert runs.replay([self.run.id]) == (self.model.state == State.FAILURE)
        if self.model.state == State.FAILURE:
            self.model.state, self.model.lost = State.PENDING, 0

    @invariant()
    def row_agrees_with_the_model(self) -> None:
        if not hasattr(self, "run"):
            return
        self.run.refresh_from_db()
        assert self.run.state == self.model.state
        assert self.run.attempt == self.model.attempt
        assert len(self.model.effects) <= 1
        assert (self.run.finished_at is not None) == (self.run.state in FINISHED)
        assert (self.run.lease_until is not None) == (self.run.state == State.STARTED)
        if self.model.effects:
            assert self.run.result == {"attempt": self.model.effects[0]}
        assert DeadLetter.objects.count() <= self.model.attempt


@pytest.mark.django_db
def test_any_order_of_events_keeps_row_and_model_together() -> None:
    run_state_machine_as_test(
        RunMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def race(actors: Sequence[Callable[[], Any]]) -> list[Any]:
    """Let all actors go at once, each in a thread and on a connection of its own; what they returned."""
    barrier = threading.Barrier(len(actors))
    answers: list[Any] = [None] * len(actors)

    def act(index: int) -> None:
        barrier.wait()
        answers[index] = actors[index]()
        connection.close()

    threads = [threading.Thread(target=act, args=(index,)) for index in range(len(actors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_run() -> None:
    run = submit()
    claims = race([lambda: runs.claim(run.id, worker="w", lease_s=60) for _ in range(8)])
    assert sum(claim is not None for claim in claims) == 1


@pytest.mark.django_db(transaction=True)
def test_cancel_that_races_a_finish_has_one_winner() -> None:
    for _ in range(10):
        run = submit()
        claim = runs.claim(run.id, worker="w", lease_s=60)
        assert claim is not None
        held = claim
        finished, seen = race(
            [
                lambda held=held: runs.succeed(held, result={}, keep_s=60),  # type: ignore[misc]
                lambda run=run: runs.request_cancel(run.id),  # type: ignore[misc]
            ]
        )
        stopped = runs.stop(held)
        assert finished != stopped
        assert seen == (State.SUCCESS if finished else State.STARTED)


@pytest.mark.django_db(transaction=True)
def test_equal_requests_at_once_make_one_run() -> None:
    key = uuid.uuid4().hex

    def accept() -> tuple[uuid.UUID, bool]:
        run, new = runs.submit(
            kind="search",
            owner="visitor:a",
            request={},
            request_key=key,
            dataset_version="v1",
            queue="high",
            publish_in_s=0,
            limits=LIMITS,
        )
        return run.id, new

    answers = race([accept] * 6)
    assert len({run_id for run_id, _ in answers}) == 1
    assert sum(new for _, new in answers) == 1
    assert TaskRun.objects.get().interested == 6
