"""The state machine against a model: workers, zombies, sweepers, owners and operators act in any order, one
after the other and amid the statements of one another."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from data_processing.errors import TooManyTasks
from data_processing.lifecycle.runs import cancellation, claims, endings, insertion, recovery
from data_processing.lifecycle.runs.claims import Claim
from data_processing.lifecycle.runs.endings import Ending
from data_processing.lifecycle.runs.window import OwnerLimits
from data_processing.models import FINISHED, UNFINISHED, DeadLetter, State, TaskRun

BROKEN = Ending(code="broken", message="it broke", retryable=True)
LIMITS = OwnerLimits(unfinished=10_000, window=10_000, window_queues=frozenset())
MAX_LOST = 3
KEY = "the question"


def submit(key: str = "", *, queue: str = "high", limits: OwnerLimits = LIMITS) -> TaskRun:
    run, _ = insertion.submit(
        kind="search",
        owner="visitor:a",
        request={},
        request_key=key or uuid.uuid4().hex,
        dataset_version="v1",
        queue=queue,
        publish_in_s=0,
        limits=limits,
    )
    return run


@dataclass
class Expected:
    """What the model believes of the one run, as much as the row says of it."""

    state: State = State.PENDING
    attempt: int = 0
    cancel_requested: bool = False
    interested: int = 1
    lost: int = 0
    lease_ran_out: bool = False
    result_of: int | None = None

    @classmethod
    def read(cls, run: TaskRun) -> Expected:
        return cls(
            state=State(run.state),
            attempt=run.attempt,
            cancel_requested=run.cancel_requested_at is not None,
            interested=run.interested,
            lost=sum(attempt["outcome"] == "lost" for attempt in run.attempts),
            lease_ran_out=run.lease_until is not None and run.lease_until < timezone.now(),
            result_of=run.result["attempt"] if run.result else None,
        )

    def owns(self, attempt: int) -> bool:
        return self.state == State.STARTED and attempt == self.attempt

    def end(self, state: State) -> None:
        self.state, self.lease_ran_out = state, False


class Scene:
    """The run and what its workers hold. Claims are never taken back, so old ones act as zombies."""

    def __init__(self) -> None:
        self.run = submit(KEY)
        self.claims: list[Claim] = []

    def forget_others(self, *acts: Act) -> None:
        """The story is about one run; a request that could not join it made another one."""
        if "join" in [act.name for act in acts]:
            TaskRun.objects.exclude(id=self.run.id).delete()

    def read(self) -> Expected:
        self.run.refresh_from_db()
        return Expected.read(self.run)


Do = Callable[[Scene], Any]
Expect = Callable[[Expected], Any]


@dataclass(frozen=True)
class Act:
    """Something that happens: with the rows, and with the model; both say what came of it. ``miss`` is what
    it may say where it finds that the run has just changed, and leaves it for the next time."""

    name: str
    do: Do
    expect: Expect
    miss: Any = None


def act_claim() -> Act:
    def do(scene: Scene) -> int | None:
        claim = claims.claim(scene.run.id, worker="w", lease_s=60)
        if claim is None:
            return None
        scene.claims.append(claim)
        return claim.attempt

    def expect(model: Expected) -> int | None:
        if model.state != State.PENDING:
            return None
        model.state, model.attempt = State.STARTED, model.attempt + 1
        return model.attempt

    return Act("claim", do, expect)


def act_by_worker(name: str, change: Callable[[Claim], bool], target: State | None, *, age: int) -> Act:
    """What the worker does who holds the claim that is ``age`` claims older than the newest one."""

    def do(scene: Scene) -> bool:
        return len(scene.claims) > age and change(scene.claims[-1 - age])

    def expect(model: Expected) -> bool:
        attempt = model.attempt - age
        if attempt < 1 or not model.owns(attempt):
            return False
        if target is None:
            model.lease_ran_out = False
            return True
        if model.cancel_requested != (target == State.REVOKED):
            return False
        if target == State.SUCCESS:
            model.result_of = attempt
        model.end(target)
        return True

    return Act(f"{name} -{age}", do, expect)


def act_time_passes() -> Act:
    def do(scene: Scene) -> int:
        started = TaskRun.objects.filter(id=scene.run.id, state=State.STARTED)
        return started.update(lease_until=Now() - timedelta(seconds=1))

    def expect(model: Expected) -> int:
        model.lease_ran_out = model.state == State.STARTED
        return int(model.lease_ran_out)

    return Act("lease runs out", do, expect)


def act_sweep() -> Act:
    def expect(model: Expected) -> int:
        if not model.lease_ran_out:
            return 0
        model.lost += 1
        if model.cancel_requested:
            model.end(State.REVOKED)
        else:
            model.end(State.FAILURE if model.lost >= MAX_LOST else State.PENDING)
        return 1

    return Act("sweep", lambda scene: len(recovery.release_lost(at_most=MAX_LOST)), expect, miss=0)


def act_resume() -> Act:
    def expect(model: Expected) -> int:
        if model.state != State.RETRY:
            return 0
        model.state = State.PENDING
        return 1

    return Act("resume", lambda scene: recovery.resume_due(), expect)


def act_cancel() -> Act:
    return Act("cancel", lambda scene: cancellation.request_cancel(scene.run.id), expect_cancel)


def expect_cancel(model: Expected) -> State:
    if model.state in UNFINISHED:
        model.cancel_requested = True
        if model.state != State.STARTED:
            model.end(State.REVOKED)
    return model.state


def act_withdraw() -> Act:
    def expect(model: Expected) -> State | None:
        if model.state in UNFINISHED and model.interested > 1 and not model.cancel_requested:
            model.interested -= 1
            return None
        return expect_cancel(model)

    return Act("withdraw", lambda scene: cancellation.withdraw(scene.run.id), expect)


def act_join() -> Act:
    def do(scene: Scene) -> str:
        return "joined" if submit(KEY).id == scene.run.id else "new"

    def expect(model: Expected) -> str:
        if model.state not in UNFINISHED or model.cancel_requested:
            return "new"
        model.interested += 1
        return "joined"

    return Act("join", do, expect)


def act_replay() -> Act:
    def expect(model: Expected) -> int:
        if model.state != State.FAILURE:
            return 0
        model.state, model.lost = State.PENDING, 0
        return 1

    return Act("replay", lambda scene: recovery.replay([scene.run.id]), expect)


WORKERS: dict[str, tuple[Callable[[Claim], bool], State | None]] = {
    "renew": (lambda claim: claims.renew(claim, lease_s=60, progress=None), None),
    "succeed": (
        lambda claim: endings.succeed(claim, result={"attempt": claim.attempt}, keep_s=60),
        State.SUCCESS,
    ),
    "fail": (lambda claim: endings.fail(claim, BROKEN), State.FAILURE),
    "postpone": (lambda claim: endings.postpone(claim, BROKEN, delay_s=0), State.RETRY),
    "stop": (lambda claim: endings.stop(claim), State.REVOKED),
}
ACTS = (
    act_claim(),
    *(act_by_worker(name, *how, age=0) for name, how in WORKERS.items()),
    act_by_worker("renew", *WORKERS["renew"], age=1),
    act_by_worker("succeed", *WORKERS["succeed"], age=1),
    act_time_passes(),
    act_sweep(),
    act_resume(),
    act_cancel(),
    act_withdraw(),
    act_join(),
    act_replay(),
)
ACT = {act.name: act for act in ACTS}
OF_SEVERAL_STATEMENTS = tuple(ACT[name] for name in ("cancel", "withdraw", "join", "sweep"))


@contextlib.contextmanager
def before_statement(number: int, interrupt: Callable[[], None]) -> Iterator[None]:
    """Call ``interrupt`` once, before the ``number``-th statement of what is done inside."""
    seen = 0

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        # What happens in a savepoint that is taken back would be undone, which another's work never is.
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "INSERT")):
            seen += 1
            if seen == number:
                interrupt()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield


def meet(scene: Scene, outer: Act, inner: Act, *, place: int) -> bool:
    """Let ``inner`` happen before a statement of ``outer``, or after it when it has fewer; whether it has as
    many. What came of it must be as if one of the two had happened whole before the other."""
    before = Expected.read(scene.run)
    said: list[Any] = []
    with before_statement(place, lambda: said.append(inner.do(scene))):
        outer_said = outer.do(scene)
    scene.forget_others(outer, inner)
    amid = bool(said)
    if not amid:
        said.append(inner.do(scene))
        scene.forget_others(inner)
    found = (outer_said, said[0], scene.read())
    orders = {
        "outer first": lambda model: (outer.expect(model), inner.expect(model)),
        "inner first": lambda model: (inner.expect(model), outer.expect(model))[::-1],
    }
    if outer.miss is not None:
        orders["outer missed"] = lambda model: (outer.miss, inner.expect(model))
    possible = [_tell(replace(before), happen) for happen in orders.values()]
    assert found in possible, f"{inner.name} before statement {place} of {outer.name}: {found}"
    return amid


def _tell(model: Expected, happen: Callable[[Expected], tuple[Any, Any]]) -> tuple[Any, Any, Expected]:
    return (*happen(model), model)


class RunMachine(RuleBasedStateMachine):
    """One run and many actors."""

    @initialize()
    def accept(self) -> None:
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.scene = Scene()
        self.results: set[int] = set()

    def teardown(self) -> None:
        if hasattr(self, "transaction"):
            assert DeadLetter.objects.count() <= self.scene.run.attempt
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    @rule(act=st.sampled_from(ACTS))
    def happens(self, act: Act) -> None:
        model = Expected.read(self.scene.run)
        assert act.do(self.scene) == act.expect(model)
        self.scene.forget_others(act)
        assert self.scene.read() == model

    @rule(outer=st.sampled_from(OF_SEVERAL_STATEMENTS), inner=st.sampled_from(ACTS), place=st.integers(2, 4))
    def meets(self, outer: Act, inner: Act, place: int) -> None:
        meet(self.scene, outer, inner, place=place)

    @invariant()
    def row_is_in_order(self) -> None:
        if not hasattr(self, "scene"):
            return
        run = self.scene.run
        assert (run.finished_at is not None) == (run.state in FINISHED)
        assert (run.lease_until is not None) == (run.state == State.STARTED)
        if run.cancel_requested_at is not None:
            assert run.state in (State.STARTED, State.REVOKED), "an accepted cancel is forgotten"
        if run.result is not None:
            self.results.add(run.result["attempt"])
        assert len(self.results) <= 1


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


STORIES: dict[str, tuple[str, ...]] = {
    "waiting for two": ("join",),
    "running": ("claim",),
    "running for two": ("join", "claim"),
    "of a dead worker, being cancelled": ("claim", "cancel", "lease runs out"),
    "of a third dead worker": (*("claim", "lease runs out", "sweep") * 2, "claim", "lease runs out"),
    "waiting for the next attempt": ("claim", "postpone -0"),
    "failed": ("claim", "fail -0"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("story", STORIES)
def test_whatever_happens_amid_its_statements_is_as_if_it_came_before_or_after(story: str) -> None:
    scene = Scene()
    for name in STORIES[story]:
        ACT[name].do(scene)
    scene.read()
    for outer, inner in itertools.product(OF_SEVERAL_STATEMENTS, ACTS):
        # Before the first statement is before all of it.
        for place in itertools.count(2):
            with rolled_back(scene):
                if not meet(scene, outer, inner, place=place):
                    break


@contextlib.contextmanager
def rolled_back(scene: Scene) -> Iterator[None]:
    run, claimed = copy(scene.run), list(scene.claims)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    scene.run, scene.claims = run, claimed


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
    taken = race([lambda: claims.claim(run.id, worker="w", lease_s=60) for _ in range(8)])
    assert sum(claim is not None for claim in taken) == 1


@pytest.mark.django_db(transaction=True)
def test_cancel_that_races_a_finish_has_one_winner() -> None:
    for _ in range(10):
        run = submit()
        claim = claims.claim(run.id, worker="w", lease_s=60)
        assert claim is not None
        held = claim
        finished, seen = race(
            [
                lambda held=held: endings.succeed(held, result={}, keep_s=60),  # type: ignore[misc]
                lambda run=run: cancellation.request_cancel(run.id),  # type: ignore[misc]
            ]
        )
        stopped = endings.stop(held)
        assert finished != stopped
        assert seen == (State.SUCCESS if finished else State.STARTED)


def is_a_statement_blocked() -> bool:
    """Whether a statement waits for a row that another transaction has changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def wait_for_a_blocked_statement() -> None:
    deadline = time.monotonic() + 20
    while not is_a_statement_blocked():
        assert time.monotonic() < deadline, "no statement waits"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
def test_cancel_sees_a_postpone_that_is_committed_while_it_waits_for_the_row() -> None:
    run = submit()
    claim = claims.claim(run.id, worker="w", lease_s=60)
    assert claim is not None
    postponed = threading.Event()

    @transaction.atomic
    def postpone() -> None:
        assert endings.postpone(claim, BROKEN, delay_s=0)
        postponed.set()
        wait_for_a_blocked_statement()

    def cancel() -> State:
        assert postponed.wait(20)
        return cancellation.request_cancel(run.id)

    assert race([postpone, cancel])[1] == State.REVOKED


@pytest.mark.django_db(transaction=True)
def test_of_two_who_withdraw_at_once_the_last_one_cancels() -> None:
    for _ in range(10):
        run = submit(KEY)
        assert submit(KEY).id == run.id
        said = race([lambda run=run: cancellation.withdraw(run.id)] * 2)  # type: ignore[misc]
        assert {None, State.REVOKED} == set(said)


@pytest.mark.django_db(transaction=True)
def test_run_that_is_replayed_while_it_is_deleted_is_not_lost() -> None:
    run = submit()
    claim = claims.claim(run.id, worker="w", lease_s=60)
    assert claim is not None
    endings.fail(claim, BROKEN)
    replayed: list[int] = []

    def replay() -> None:
        replayed.append(recovery.replay([run.id]))
        connection.close()

    replaying = threading.Thread(target=replay)

    def replay_before_the_row_goes(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('DELETE FROM "data_processing_taskrun"'):
            replaying.start()
            while replaying.is_alive() and not is_a_statement_blocked():
                time.sleep(0.01)
        return execute(sql, *arguments)

    with connection.execute_wrapper(replay_before_the_row_goes):
        deleted = recovery.delete_ended(Q(id=run.id))
    replaying.join()
    assert (deleted, replayed) == (1, [0])


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_do_not_exceed_the_limit_nor_the_window() -> None:
    limits = OwnerLimits(unfinished=5, window=2, window_queues=frozenset({"normal"}))

    def accept() -> bool:
        try:
            submit(queue="normal", limits=limits)
        except TooManyTasks:
            return False
        return True

    accepted = race([accept] * 9)
    assert sum(accepted) == TaskRun.objects.count() == 5
    assert TaskRun.objects.filter(publish_at__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_equal_requests_at_once_make_one_run() -> None:
    key = uuid.uuid4().hex

    def accept() -> tuple[uuid.UUID, bool]:
        run, new = insertion.submit(
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
