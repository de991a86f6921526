"""One attempt: what it publishes, how it ends badly, what it leaves behind."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest
from celery.result import AsyncResult
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django import Settings

from contracts.errors import OutOfSpace
from contracts.progress import Progress
from data_processing.kinds import registry
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.lifecycle import dead_letters, runner
from data_processing.lifecycle.dead_letters import Action
from data_processing.lifecycle.runs import cancellation, claims, endings, recovery
from data_processing.models import DeadLetter, DeadReason, ExportFile, State, TaskRun
from data_processing.outputs import files, results
from tests.machine import MakeRun

ReplaceWork = Callable[[Callable[..., Any]], None]

pytestmark = pytest.mark.django_db


def attempt(run: TaskRun) -> TaskRun:
    runner.run_attempt(run.id, worker="test")
    run.refresh_from_db()
    return run


def result_of(run: TaskRun) -> dict[str, Any]:
    return cast(dict[str, Any], run.result)


def error_of(run: TaskRun) -> dict[str, Any]:
    return cast(dict[str, Any], run.error)


def left_behind(settings: Settings) -> list[str]:
    root = settings.EXPORT_ROOT
    return sorted(path.name for path in root.iterdir()) if root.is_dir() else []


def end_own_session() -> None:
    """What a restart of the database does to this process's connection."""
    connection.ensure_connection()
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


@pytest.fixture
def replace_work(monkeypatch: pytest.MonkeyPatch) -> ReplaceWork:
    """Puts other work behind the kind ``search``: the runner is what is tested here."""

    def replace(work: Callable[..., Work]) -> None:
        other = dataclasses.replace(registry.KINDS["search"], work=work)
        monkeypatch.setitem(registry.KINDS, "search", other)

    return replace


def test_search_ends_with_its_rows(make_run: MakeRun) -> None:
    run = attempt(make_run("search", {"filters": {"keywords": ["flood && river 7"]}, "page_size": 5}))
    assert run.state == State.SUCCESS
    assert result_of(run)["total_rows"] == 1
    assert result_of(run)["rows"][0]["award_title"] == "Flood control along river 7"
    assert run.finished_at is not None
    assert run.expires_at is not None


def test_aggregates_end_with_a_summary(make_run: MakeRun) -> None:
    run = attempt(make_run("aggregates", {"dimensions": ["by_year"]}))
    assert result_of(run)["summary"]["count"] == 32


def test_export_publishes_one_whole_file(make_run: MakeRun, settings: Settings) -> None:
    run = attempt(make_run("export", {"filters": {"keywords": ["flood"]}, "format": "xlsx"}))
    export = ExportFile.objects.get(run=run)
    path = files.absolute_path(export.path)
    assert left_behind(settings) == [export.path]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == export.sha256 == result_of(run)["sha256"]
    assert export.size_bytes == path.stat().st_size
    sheet = load_workbook(path, read_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows()) - 1 == export.rows == 30


def test_csv_export_holds_the_rows_of_the_search(make_run: MakeRun) -> None:
    body = {"filters": {"time_ranges": [{"type": "yearly", "year": 2024}]}, "columns": ["award_title"]}
    run = attempt(make_run("export", {**body, "format": "csv"}))
    found = attempt(make_run("search", {**body, "page_size": 1000}))
    with files.absolute_path(run.export_file.path).open(encoding="utf-8-sig", newline="") as file:
        titles = [row["award_title"] for row in csv.DictReader(file)]
    assert len(titles) == result_of(found)["total_rows"]
    assert [title.removeprefix("'") for title in titles] == [
        r["award_title"] for r in result_of(found)["rows"]
    ]


@pytest.mark.usefixtures("redis_up")
@pytest.mark.parametrize("kind", ["search", "aggregates", "export"])
def test_result_is_there_for_celery_clients(make_run: MakeRun, kind: str) -> None:
    run = attempt(make_run(kind))
    assert AsyncResult(str(run.id)).get(timeout=5) == run.result


@pytest.mark.usefixtures("redis_up")
def test_answer_is_kept_for_the_next_who_asks(make_run: MakeRun) -> None:
    run = attempt(make_run("search"))
    assert results.get_answer(run.request_key) == run.result


def test_message_for_a_finished_run_does_nothing(make_run: MakeRun) -> None:
    run = attempt(make_run("search"))
    finished_at = run.finished_at
    assert attempt(run).finished_at == finished_at
    assert run.attempt == 1


def test_permanent_error_fails_at_once_without_a_dead_letter(make_run: MakeRun, settings: Settings) -> None:
    settings.EXPORT_MAX_ROWS = 3
    run = attempt(make_run("export"))
    assert run.state == State.FAILURE
    assert error_of(run)["code"] == "export-too-large"
    assert not DeadLetter.objects.exists()
    assert left_behind(settings) == []


def test_request_of_another_version_is_left_to_a_worker_that_can_read_it(
    make_run: MakeRun, settings: Settings
) -> None:
    settings.RETRY_DELAYS_S = (0.0,)
    run = make_run("search", {"page": 2})
    readable = run.request
    TaskRun.objects.filter(id=run.id).update(request={**readable, "of_tomorrow": 1})
    run = attempt(run)
    assert (run.state, error_of(run)["code"]) == (State.RETRY, "unreadable-request")
    TaskRun.objects.filter(id=run.id).update(request=readable)
    recovery.resume_due()
    assert attempt(run).state == State.SUCCESS


def test_retryable_error_is_tried_again_until_attempts_are_used_up(
    make_run: MakeRun, settings: Settings, replace_work: ReplaceWork
) -> None:
    def work(request: Any, context: Context) -> Work:
        yield Progress(phase="x", current=0, total=1)
        raise OutOfSpace("the disk is full")

    replace_work(work)
    settings.RETRY_DELAYS_S = (0.0, 0.0)
    run = make_run("search")
    for expected in (State.RETRY, State.RETRY, State.FAILURE):
        assert attempt(run).state == expected
        recovery.resume_due()
    assert [a["error_code"] for a in run.attempts] == ["out-of-space"] * 3
    letter = DeadLetter.objects.get(run=run)
    assert letter.reason == DeadReason.ATTEMPTS_USED_UP
    assert "OutOfSpace" in letter.traceback


def test_unknown_error_shows_no_details_to_people(make_run: MakeRun, replace_work: ReplaceWork) -> None:
    def work(request: Any, context: Context) -> Work:
        yield Progress(phase="x", current=0, total=1)
        raise ZeroDivisionError("secret path /srv")

    replace_work(work)
    run = attempt(make_run("search"))
    assert error_of(run)["code"] == "internal-error"
    assert "secret" not in str(run.error)
    assert "ZeroDivisionError" in run.traceback


def test_memory_error_ends_the_attempt_not_the_worker(make_run: MakeRun, replace_work: ReplaceWork) -> None:
    def work(request: Any, context: Context) -> Work:
        yield Progress(phase="x", current=0, total=1)
        raise MemoryError

    replace_work(work)
    assert error_of(attempt(make_run("search")))["code"] == "out-of-memory"


def test_zombie_leaves_no_file(make_run: MakeRun, settings: Settings, replace_work: ReplaceWork) -> None:
    run = make_run("search")

    def work(request: Any, context: Context) -> Work:
        partial = context.partial_path("csv")
        partial.write_text("half")
        yield Progress(phase="x", current=0, total=1)
        TaskRun.objects.filter(id=run.id).update(lease_until=Now() - timedelta(seconds=1))
        recovery.release_lost(at_most=5)
        return Outcome(payload={})

    replace_work(work)
    assert attempt(run).state == State.PENDING
    assert left_behind(settings) == []


def test_cancel_during_the_work_leaves_no_file(
    make_run: MakeRun, settings: Settings, replace_work: ReplaceWork
) -> None:
    run = make_run("search")

    def work(request: Any, context: Context) -> Work:
        context.partial_path("csv").write_text("half")
        yield Progress(phase="x", current=0, total=1)
        cancellation.request_cancel(run.id)
        return Outcome(payload={})

    replace_work(work)
    assert attempt(run).state == State.REVOKED
    assert run.result is None
    assert left_behind(settings) == []


@pytest.mark.django_db(transaction=True)
def test_finish_whose_commit_was_applied_although_it_seemed_to_fail_stands(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_succeed, calls = endings.succeed, []

    def lose_the_answer(*args: Any, **named: Any) -> bool:
        calls.append(really_succeed(*args, **named))
        if len(calls) == 1:
            raise OperationalError("the connection was lost after the commit")
        return calls[-1]

    monkeypatch.setattr(endings, "succeed", lose_the_answer)
    assert attempt(make_run("search")).state == State.SUCCESS
    assert calls == [True, False]


@pytest.mark.django_db(transaction=True)
def test_claim_outlasts_a_database_that_ends_the_session(make_run: MakeRun) -> None:
    run = make_run("search")
    end_own_session()
    assert attempt(run).state == State.SUCCESS
    assert run.attempt == 1


@pytest.mark.django_db(transaction=True)
def test_failure_is_noted_although_the_database_ended_the_session(
    make_run: MakeRun, replace_work: ReplaceWork
) -> None:
    def work(request: Any, context: Context) -> Work:
        yield Progress(phase="x", current=0, total=1)
        end_own_session()
        raise OutOfSpace("the disk is full")

    replace_work(work)
    assert attempt(make_run("search")).state == State.RETRY


def test_finished_bulk_run_lets_the_owners_next_one_go(make_run: MakeRun, settings: Settings) -> None:
    settings.OWNER_WINDOW = 1
    first, second = make_run("export", {"format": "csv"}), make_run("export", {"format": "xlsx"})
    TaskRun.objects.filter(id=second.id).update(publish_at=None)
    attempt(first)
    second.refresh_from_db()
    assert second.publish_at is not None


# --- Datasets that a worker lacks -------------------------------------------------------------------------


def attempt_where_it_is_not(run: TaskRun, settings: Settings, *, worker: str = "poor") -> TaskRun:
    """What a worker does whose host does not have the dataset."""
    here = settings.DATASET_ROOT
    settings.DATASET_ROOT = here / "elsewhere"
    try:
        runner.run_attempt(run.id, worker=worker)
    finally:
        settings.DATASET_ROOT = here
    run.refresh_from_db()
    return run


def hand_back_long_ago(run: TaskRun) -> None:
    long_ago = Now() - claims.HANDED_BACK_FOR - timedelta(seconds=1)
    TaskRun.objects.filter(id=run.id).update(handed_back_since=long_ago)


def test_worker_without_the_dataset_hands_the_run_back_and_another_does_it(
    make_run: MakeRun, settings: Settings
) -> None:
    run = attempt_where_it_is_not(make_run("search"), settings)
    assert (run.state, run.attempt, run.attempts, run.worker) == (State.PENDING, 0, [], "poor")
    assert run.publish_at is not None
    assert run.publish_at > timezone.now()
    assert attempt(run).state == State.SUCCESS
    assert (run.attempt, run.handed_back_since) == (1, None)


def test_run_is_handed_back_after_longer_and_longer_waits(make_run: MakeRun, settings: Settings) -> None:
    run = attempt_where_it_is_not(make_run("search"), settings)
    first = run.handed_back_since
    TaskRun.objects.filter(id=run.id).update(handed_back_since=Now() - timedelta(seconds=60))
    attempt_where_it_is_not(run, settings)
    assert first is not None
    assert run.publish_at is not None
    assert 10 < (run.publish_at - timezone.now()).total_seconds() < 16


def test_run_that_nobody_can_do_fails_in_the_end_and_is_done_when_it_is_replayed(
    make_run: MakeRun, settings: Settings
) -> None:
    run = attempt_where_it_is_not(make_run("search"), settings)
    hand_back_long_ago(run)
    attempt_where_it_is_not(run, settings)
    assert (run.state, error_of(run)["code"]) == (State.FAILURE, "snapshot-missing")
    dead_letter = DeadLetter.objects.get(run=run)
    assert dead_letter.reason == DeadReason.NO_DATASET
    dead_letters.resolve(dead_letter, Action.REPLAY, by="ana")
    attempt_where_it_is_not(run, settings)
    assert run.state == State.PENDING, "its time begins anew"
    assert attempt(run).state == State.SUCCESS


def test_work_that_needs_no_dataset_is_done_without(make_run: MakeRun, settings: Settings) -> None:
    run = attempt_where_it_is_not(make_run("rehearsal"), settings)
    assert run.state == State.SUCCESS


def test_cancel_of_a_run_that_was_handed_back_ends_it(make_run: MakeRun, settings: Settings) -> None:
    run = attempt_where_it_is_not(make_run("search"), settings)
    assert cancellation.request_cancel(run.id) == State.REVOKED
    assert attempt(run).state == State.REVOKED
