"""Dead letters: filed from the broker, replayed or discarded by operators, one or many."""

from __future__ import annotations

import uuid
from io import StringIO
from typing import Any

import pytest
from celery.result import AsyncResult
from django.core.management import CommandError, call_command

from data_processing.errors import NotReplayable
from data_processing.lifecycle import dead_letters, ends
from data_processing.lifecycle.dead_letters import Action
from data_processing.lifecycle.runs import cancellation, claims, endings
from data_processing.lifecycle.runs.endings import Ending
from data_processing.models import DeadLetter, DeadReason, State, TaskRun
from data_processing.outputs import results
from data_processing.outputs.results import TaskFailed
from tests import brokers
from tests.brokers import RUN_TASK, count_ready, publish_dead
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

GIVEN_UP = Ending(
    code="broken",
    message="it broke",
    retryable=True,
    traceback="Traceback: in the engine",
    dead=DeadReason.ATTEMPTS_USED_UP,
)


def bury(run: TaskRun) -> DeadLetter:
    """Let a run fail for good."""
    claim = claims.claim(run.id, worker="w1", lease_s=30)
    assert claim is not None
    assert endings.fail(claim, GIVEN_UP)
    return DeadLetter.objects.get(run=run, resolved_at=None)


def state_of(run: TaskRun) -> str:
    run.refresh_from_db()
    return run.state


def test_dead_letter_of_a_given_up_run_says_why(make_run: MakeRun) -> None:
    letter = bury(make_run("export"))
    assert letter.reason == DeadReason.ATTEMPTS_USED_UP
    assert letter.queue == "normal"
    assert letter.error == {"code": "broken", "message": "it broke", "retryable": True}
    assert letter.traceback == "Traceback: in the engine"
    assert [attempt["outcome"] for attempt in letter.attempts] == ["failed"]


def test_replay_runs_the_task_again_under_its_own_id(make_run: MakeRun) -> None:
    run = make_run("search")
    letter = bury(run)
    dead_letters.resolve(letter, Action.REPLAY, by="ana")
    assert state_of(run) == State.PENDING
    assert run.error is None
    letter.refresh_from_db()
    assert (letter.resolution, letter.resolved_by) == ("replayed", "ana")
    assert claims.claim(run.id, worker="w2", lease_s=30) is not None
    assert not dead_letters.list_open().exists()


@pytest.mark.usefixtures("redis_up")
def test_celery_clients_wait_again_for_a_task_that_is_replayed(make_run: MakeRun) -> None:
    run = make_run("search")
    letter = bury(run)
    seen: AsyncResult[Any] = AsyncResult(str(run.id))
    ends.tell_ends([run.id])
    assert seen.state == "FAILURE"
    dead_letters.resolve(letter, Action.REPLAY, by="ana")
    assert AsyncResult(str(run.id)).state == "PENDING"


def test_replayed_task_that_fails_again_gets_a_dead_letter_of_its_own(make_run: MakeRun) -> None:
    run = make_run("search")
    first = bury(run)
    dead_letters.resolve(first, Action.REPLAY, by="ana")
    second = bury(run)
    assert second.pk != first.pk
    dead_letters.resolve(second, Action.REPLAY, by="ana")
    assert state_of(run) == State.PENDING


def test_discard_puts_the_dead_letter_away_and_leaves_the_task_failed(make_run: MakeRun) -> None:
    run = make_run("search")
    letter = bury(run)
    dead_letters.resolve(letter, Action.DISCARD, by="ana")
    assert state_of(run) == State.FAILURE
    assert not dead_letters.list_open().exists()


@pytest.mark.parametrize("first", Action)
@pytest.mark.parametrize("second", Action)
def test_resolved_dead_letter_cannot_be_resolved_again(
    make_run: MakeRun, first: Action, second: Action
) -> None:
    run = make_run("search")
    letter = bury(run)
    dead_letters.resolve(letter, first, by="ana")
    state = state_of(run)
    with pytest.raises(NotReplayable, match="resolved already"):
        dead_letters.resolve(letter, second, by="ben")
    letter.refresh_from_db()
    assert (letter.resolution, letter.resolved_by) == (first.value, "ana")
    assert state_of(run) == state


def test_replay_gives_way_to_an_equal_unfinished_run(make_run: MakeRun) -> None:
    run = make_run("search")
    letter = bury(run)
    equal = make_run("search")
    assert equal.id != run.id
    with pytest.raises(NotReplayable, match="equal task"):
        dead_letters.resolve(letter, Action.REPLAY, by="ana")
    letter.refresh_from_db()
    assert letter.resolved_at is None, "the dead letter stays open for later"
    assert state_of(run) == State.FAILURE
    cancellation.request_cancel(equal.id)
    dead_letters.resolve(letter, Action.REPLAY, by="ana")
    assert state_of(run) == State.PENDING


def test_dead_letter_without_a_task_can_only_be_discarded(db: None) -> None:
    letter = DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="high", message="?")
    with pytest.raises(NotReplayable, match="no task to run"):
        dead_letters.resolve(letter, Action.REPLAY, by="ana")
    dead_letters.resolve(letter, Action.DISCARD, by="ana")
    assert not dead_letters.list_open().exists()


def test_many_are_resolved_each_on_its_own(make_run: MakeRun) -> None:
    good, blocked = make_run("search"), make_run("search", {"page": 2})
    letters = [bury(good), bury(blocked)]
    make_run("search", {"page": 2})
    ids = [letters[1].pk, 10**9, letters[0].pk, letters[0].pk]
    resolved = dead_letters.resolve_many(ids, Action.REPLAY, by="ana")
    problems = [(one.id, one.problem.code if one.problem else None) for one in resolved]
    assert problems == [(letters[1].pk, "not-replayable"), (10**9, "not-found"), (letters[0].pk, None)]
    assert state_of(good) == State.PENDING
    assert state_of(blocked) == State.FAILURE


@pytest.mark.usefixtures("broker_up")
def test_unreadable_message_is_filed_with_its_bytes_made_readable() -> None:
    publish_dead(b"\xff\x00caf\xc3\xa9", queue="high", headers={"task": "no.such.task"})
    assert dead_letters.file_undelivered() == 1
    letter = dead_letters.list_open().get()
    assert letter.reason == DeadReason.UNREADABLE
    assert letter.queue == "high"
    assert letter.message == "\\xff\\x00café"
    assert letter.error is not None
    assert letter.error["task"] == "no.such.task"
    assert count_ready("high.dead") == 0


@pytest.mark.usefixtures("broker_up")
@pytest.mark.parametrize("task", ["a\x00b", ["a", "list"], {"a": 1}, 7, None, "x" * 5000], ids=repr)
def test_dead_letter_with_a_strange_task_name_does_not_block_those_behind_it(task: object) -> None:
    publish_dead("strange", queue="high", headers={"task": task})
    publish_dead("behind", queue="high")
    assert dead_letters.file_undelivered() == 2


@pytest.mark.usefixtures("broker_up")
def test_huge_message_is_filed_in_part() -> None:
    publish_dead(b"x" * 1_000_000, queue="low")
    dead_letters.file_undelivered()
    assert len(dead_letters.list_open().get().message) == dead_letters.FILED_BYTES


@pytest.mark.usefixtures("broker_up")
def test_message_of_a_recorded_run_is_dropped_because_its_row_is_the_truth(make_run: MakeRun) -> None:
    run = make_run("search")
    publish_dead("[]", queue="high", headers={"task": RUN_TASK, "id": str(run.id)})
    assert dead_letters.file_undelivered() == 0
    assert state_of(run) == State.PENDING
    assert count_ready("high.dead") == 0


@pytest.mark.usefixtures("broker_up")
def test_message_of_a_run_that_is_not_recorded_is_filed(db: None) -> None:
    publish_dead("[]", queue="high", headers={"task": RUN_TASK, "id": str(uuid.uuid4())})
    assert dead_letters.file_undelivered() == 1


@pytest.mark.usefixtures("broker_up", "redis_up")
def test_sender_of_a_message_that_died_is_told_unless_a_worker_has_said_more(db: None) -> None:
    later, refused = str(uuid.uuid4()), str(uuid.uuid4())
    results.tell_failure(refused, message="bad-call: 3 arguments")
    publish_dead("[]", queue="high", headers={"task": RUN_TASK, "id": later, "eta": "2099-01-01T00:00:00"})
    publish_dead("[]", queue="high", headers={"task": RUN_TASK, "id": refused})
    assert dead_letters.file_undelivered() == 2
    with pytest.raises(TaskFailed, match="kept until later"):
        AsyncResult(later).get(timeout=5)
    with pytest.raises(TaskFailed, match="bad-call"):
        AsyncResult(refused).get(timeout=5)


@pytest.mark.usefixtures("broker_up", "redis_up")
def test_message_that_names_a_run_as_another_task_says_nothing_of_it(make_run: MakeRun) -> None:
    run = make_run("search")
    publish_dead("[]", queue="high", headers={"task": "no.such.task", "id": str(run.id)})
    assert dead_letters.file_undelivered() == 1
    assert AsyncResult(str(run.id)).state == "PENDING"


@pytest.mark.usefixtures("broker_up")
def test_filing_twice_files_once() -> None:
    publish_dead("x", queue="normal")
    assert [dead_letters.file_undelivered(), dead_letters.file_undelivered()] == [1, 0]
    assert DeadLetter.objects.count() == 1


@pytest.mark.usefixtures("broker_up")
def test_filing_waits_while_the_broker_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers.lose_broker(monkeypatch)
    assert dead_letters.file_undelivered() == 0


def run_command(*arguments: str) -> str:
    out = StringIO()
    call_command("deadletters", *arguments, stdout=out)
    return out.getvalue()


def test_command_lists_open_dead_letters_and_all_on_request(make_run: MakeRun) -> None:
    first, second = bury(make_run("search")), bury(make_run("export"))
    dead_letters.resolve(first, Action.DISCARD, by="ana")
    listed = run_command("list")
    assert f"export {second.run_id} of visitor:a: it broke" in listed
    assert str(first.run_id) not in listed
    everything = run_command("list", "--all")
    assert f"{first.run_id} of visitor:a: it broke, discarded by ana" in everything
    assert "2 dead letters" in everything


def test_command_replays_what_it_is_given(make_run: MakeRun) -> None:
    run, other = make_run("search"), make_run("export")
    letter, kept = bury(run), bury(other)
    assert "1 replayed, 0 refused" in run_command("replay", str(letter.pk))
    assert state_of(run) == State.PENDING
    assert dead_letters.list_open().get() == kept


def test_command_discards_all_open_dead_letters(make_run: MakeRun) -> None:
    for page in range(1, 4):
        bury(make_run("search", {"page": page}))
    assert "3 discarded, 0 refused" in run_command("discard", "--all")
    assert not dead_letters.list_open().exists()


def test_command_fails_when_a_dead_letter_was_refused(make_run: MakeRun) -> None:
    letter = bury(make_run("search"))
    with pytest.raises(CommandError, match="1 of 2"):
        run_command("discard", str(letter.pk), str(letter.pk + 1))


@pytest.mark.parametrize("arguments", [("replay",), ("discard", "5", "--all")])
def test_command_wants_ids_or_all(db: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--all"):
        run_command(*arguments)
