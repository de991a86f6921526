"""Starting, following and cancelling tasks over HTTP."""

from __future__ import annotations

import shutil
import time
import uuid
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import InMemoryStorage
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import clear_script_prefix, set_script_prefix
from pytest_django import Settings

from api import representation
from contracts.progress import Progress
from data_processing.lifecycle.runs import claims, endings, recovery
from data_processing.lifecycle.runs.endings import Ending
from data_processing.models import DeadReason, ExportFile, State, TaskRun
from data_processing.outputs import results
from tests.api.conftest import EXPORTS, TASKS, post, start, work_off
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

MANILA = ZoneInfo("Asia/Manila")


@pytest.mark.parametrize("kind", ["search", "aggregates", "export"])
def test_started_task_is_queued_and_says_where_to_look(visitor: Client, kind: str) -> None:
    response = post(visitor, f"{TASKS}{kind}/")
    body = response.json()
    assert response.status_code == 202
    assert body["status"] == "queued"
    assert response["Retry-After"] == "1"
    status = visitor.get(response["Location"]).json()
    assert (status["task_id"], status["state"], status["ready"]) == (body["task_id"], "PENDING", False)
    assert status["meta"]["queue_position"] == 1


def test_finished_search_gives_its_rows(visitor: Client) -> None:
    task = start(visitor, "search", {"filters": {"keywords": ["chairs"]}})
    assert visitor.get(task["links"]["result"]).status_code == 202
    work_off()
    result = visitor.get(task["links"]["result"])
    assert result.status_code == 200
    assert [row["award_title"] for row in result.json()["rows"]] == ["Office chairs"]
    assert visitor.get(f"{TASKS}result/?cache_key={task['cache_key']}").json() == result.json()


@pytest.mark.usefixtures("redis_up")
def test_repeated_question_is_answered_from_the_cache(visitor: Client, other: Client) -> None:
    start(visitor, "aggregates", {"filters": {"keywords": ["flood"]}})
    work_off()
    answer = post(other, f"{TASKS}aggregates/", {"filters": {"keywords": ["flood"]}})
    assert (answer.status_code, answer.json()["status"]) == (200, "cached")
    assert answer.json()["data"]["summary"]["count"] == 30


def test_status_changes_its_etag_only_when_it_changes(visitor: Client) -> None:
    task = start(visitor, "search")
    first = visitor.get(task["links"]["status"])
    again = visitor.get(task["links"]["status"], headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    work_off()
    later = visitor.get(task["links"]["status"], headers={"If-None-Match": first["ETag"]})
    assert later.status_code == 200
    assert later.json()["successful"]
    assert "Retry-After" not in later


@pytest.mark.usefixtures("redis_up")
def test_status_shows_live_progress_with_rate_and_time_left(visitor: Client) -> None:
    task = start(visitor, "export")
    claim = claims.claim(uuid.UUID(task["task_id"]), worker="w", lease_s=30)
    assert claim is not None
    progress = Progress(phase="writing rows", current=500, total=2000)

    results.store_progress(claim.run_id, attempt=1, progress=progress, began=time.time() - 5)
    status = visitor.get(task["links"]["status"]).json()
    assert status["state"] == "PROGRESS"
    assert status["meta"]["percent"] == 25.0
    assert status["meta"]["rate"] == pytest.approx(100, rel=0.05)
    assert status["meta"]["eta_seconds"] == pytest.approx(15, rel=0.1)
    assert status["meta"]["queue_position"] is None


@pytest.mark.usefixtures("redis_up")
def test_progress_of_an_earlier_attempt_is_not_shown(visitor: Client) -> None:
    task = start(visitor, "export")
    run_id = uuid.UUID(task["task_id"])
    results.store_progress(run_id, attempt=7, progress=Progress(phase="x", current=9, total=10), began=0.0)
    claims.claim(run_id, worker="w", lease_s=30)
    assert visitor.get(task["links"]["status"]).json()["meta"]["current"] == 0


def test_others_tasks_are_not_told_from_unknown_ones(visitor: Client, other: Client, staff: Client) -> None:
    task = start(visitor, "export")
    work_off()
    answers = [
        other.get(task["links"]["status"]),
        other.get(task["links"]["result"]),
        other.get(task["links"]["export"]),
        other.get(task["links"]["download"]),
        other.delete(task["links"]["export"]),
        post(other, f"{TASKS}cancel/", {"task_id": task["task_id"]}),
        post(other, f"{TASKS}rerun/", {"task_id": task["task_id"]}),
    ]
    unknown = other.get(f"{TASKS}status/?task_id={uuid.uuid4()}")
    assert {answer.status_code for answer in answers} == {404}
    assert answers[0].json() == unknown.json()
    assert staff.get(task["links"]["status"]).status_code == 200


def test_queued_task_is_cancelled_at_once_and_repeatably(visitor: Client) -> None:
    task = start(visitor, "export")
    for _ in range(2):
        answer = post(visitor, f"{TASKS}cancel/", {"task_id": task["task_id"]})
        assert (answer.status_code, answer.json()["state"]) == (202, "REVOKED")
    assert visitor.get(task["links"]["result"]).json()["code"] == "cancelled"


def test_running_task_is_revoked_only_when_the_work_has_stopped(visitor: Client) -> None:
    task = start(visitor, "search")
    claim = claims.claim(uuid.UUID(task["task_id"]), worker="w", lease_s=30)
    assert claim is not None
    answer = post(visitor, f"{TASKS}cancel/", {"task_id": task["task_id"]}).json()
    assert (answer["cancel_requested"], answer["state"]) == (True, "STARTED")
    assert visitor.get(task["links"]["status"]).json()["cancel_requested"]
    endings.stop(claim)
    assert visitor.get(task["links"]["status"]).json()["state"] == "REVOKED"


def test_finished_task_cannot_be_cancelled(visitor: Client) -> None:
    task = start(visitor, "search")
    work_off()
    answer = post(visitor, f"{TASKS}cancel/", {"task_id": task["task_id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "already-finished")


def test_equal_request_joins_and_its_cancel_leaves_the_first_alone(visitor: Client) -> None:
    first, second = start(visitor, "export"), start(visitor, "export")
    assert second["task_id"] == first["task_id"]
    assert (first["deduplicated"], second["deduplicated"]) == (False, True)
    body = {"task_id": first["task_id"]}
    assert post(visitor, f"{TASKS}cancel/", body).json()["withdrawn"]
    assert visitor.get(first["links"]["status"]).json()["state"] == "PENDING"
    assert post(visitor, f"{TASKS}cancel/", body).json()["state"] == "REVOKED"


def test_cancel_of_all_ends_a_joined_task(visitor: Client) -> None:
    start(visitor, "export")
    task = start(visitor, "export")
    answer = post(visitor, f"{TASKS}cancel/", {"task_id": task["task_id"], "all": True})
    assert answer.json()["state"] == "REVOKED"


def test_finished_export_is_reused_while_its_file_lives(visitor: Client) -> None:
    first = start(visitor, "export", {"format": "csv"})
    work_off()
    again = post(visitor, f"{TASKS}export/", {"format": "csv"})
    assert again.status_code == 200
    assert (again.json()["task_id"], again.json()["reused"]) == (first["task_id"], True)
    visitor.delete(first["links"]["export"])
    assert start(visitor, "export", {"format": "csv"})["task_id"] != first["task_id"]


def test_finished_export_whose_file_is_lost_is_made_again(visitor: Client, settings: Settings) -> None:
    first = start(visitor, "export", {"format": "csv"})
    work_off()
    shutil.rmtree(settings.EXPORT_ROOT)
    assert not post(visitor, f"{TASKS}export/estimate/", {"format": "csv"}).json()["reuse"]
    again = start(visitor, "export", {"format": "csv"})
    assert again["task_id"] != first["task_id"]
    work_off()
    assert visitor.get(again["links"]["download"]).status_code == 200
    assert post(visitor, f"{TASKS}export/estimate/", {"format": "csv"}).json()["reuse"]


class Store(InMemoryStorage):
    """An object store. Notes whether who asks for a file holds a connection to the database meanwhile."""

    held: ClassVar[list[bool]] = []

    def exists(self, name: str) -> bool:
        self.held.append(connection.connection is not None)
        return True


@pytest.mark.django_db(transaction=True)
def test_file_is_looked_for_in_a_store_without_a_connection_to_the_database(
    visitor: Client, settings: Settings
) -> None:
    first = start(visitor, "export", {"format": "csv"})
    work_off()
    settings.STORAGES = {**settings.STORAGES, "exports": {"BACKEND": f"{__name__}.Store"}}
    again = post(visitor, f"{TASKS}export/", {"format": "csv"}, Idempotency_Key="k1")
    assert (again.json()["task_id"], again.json()["reused"]) == (first["task_id"], True)
    assert Store.held == [False]


def test_same_idempotency_key_gives_the_same_task(visitor: Client, other: Client) -> None:
    body = {"filters": {"keywords": ["flood"]}}
    first = post(visitor, f"{TASKS}export/", body, Idempotency_Key="k1").json()
    post(visitor, f"{TASKS}cancel/", {"task_id": first["task_id"]})
    again = post(visitor, f"{TASKS}export/", body, Idempotency_Key="k1").json()
    assert again["task_id"] == first["task_id"]
    elsewhere = post(visitor, f"{TASKS}export/", {}, Idempotency_Key="k1")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "idempotency-key-reused")
    assert post(other, f"{TASKS}export/", body, Idempotency_Key="k1").json()["task_id"] != first["task_id"]


def test_wait_preference_answers_with_the_result_or_gives_up_in_time(visitor: Client) -> None:
    waited = post(visitor, f"{TASKS}search/", Prefer="wait=0")
    assert (waited.status_code, waited["Preference-Applied"]) == (202, "wait=0")


def test_too_many_unfinished_tasks_are_refused_with_a_time_to_return(
    visitor: Client, settings: Settings
) -> None:
    settings.OWNER_MAX_UNFINISHED = 2
    for page in (1, 2):
        start(visitor, "search", {"page": page})
    refused = post(visitor, f"{TASKS}search/", {"page": 3})
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


def test_failed_task_says_why_and_can_be_run_again(visitor: Client, settings: Settings) -> None:
    settings.EXPORT_MAX_ROWS = 1
    task = start(visitor, "export")
    work_off()
    status = visitor.get(task["links"]["status"]).json()
    assert (status["state"], status["error"]["code"]) == ("FAILURE", "export-too-large")
    assert visitor.get(task["links"]["result"]).status_code == 422
    rerun = post(visitor, f"{TASKS}rerun/", {"task_id": task["task_id"]}).json()
    assert rerun["task_id"] != task["task_id"]


def test_expired_result_is_gone_with_a_way_to_run_it_again(visitor: Client) -> None:
    task = start(visitor, "export")
    work_off()
    ExportFile.objects.update(expires_at=Now() - timedelta(seconds=1))
    for link in ("result", "download"):
        answer = visitor.get(task["links"][link])
        assert (answer.status_code, answer.json()["rerun"]) == (410, task["task_id"])


def test_history_shows_own_tasks_newest_first(visitor: Client, other: Client, staff: Client) -> None:
    ids = [start(visitor, "search", {"page": page})["task_id"] for page in (1, 2, 3)]
    start(other, "search")
    work_off()
    page = visitor.get(f"{TASKS}?page_size=2").json()
    assert [task["task_id"] for task in page["results"]] == ids[:0:-1]
    rest = visitor.get(page["next"]).json()
    assert [task["task_id"] for task in rest["results"]] == ids[:1]
    assert visitor.get(f"{TASKS}?state=FAILURE").json()["results"] == []
    assert len(visitor.get(f"{TASKS}?kind=search&state=SUCCESS").json()["results"]) == 3
    assert visitor.get(f"{TASKS}?state=LOST").status_code == 400
    assert len(staff.get(TASKS).json()["results"]) == 4


def test_active_lists_what_is_unfinished(visitor: Client) -> None:
    waiting = start(visitor, "search")
    running = start(visitor, "export")
    claims.claim(uuid.UUID(running["task_id"]), worker="w", lease_s=30)
    body = visitor.get(f"{TASKS}active/").json()
    assert [task["task_id"] for task in body["reserved"]] == [waiting["task_id"]]
    assert [task["task_id"] for task in body["active"]] == [running["task_id"]]
    assert (body["total_active"], body["total_reserved"], body["total_scheduled"]) == (1, 1, 0)


def test_long_lists_ask_the_database_no_more_often_than_short_ones(visitor: Client) -> None:
    def count_queries(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert visitor.get(path).status_code == 200
        return len(asked)

    start(visitor, "search", {"page": 1})
    short = {path: count_queries(path) for path in (TASKS, f"{TASKS}active/")}
    for number in range(2, 7):
        start(visitor, "search", {"page": number})
    assert {path: count_queries(path) for path in short} == short
    waiting = visitor.get(f"{TASKS}active/").json()["reserved"]
    assert [task["meta"]["queue_position"] for task in waiting] == [1, 2, 3, 4, 5, 6]


def test_estimate_counts_without_starting_anything(visitor: Client, settings: Settings) -> None:
    body = {"filters": {"keywords": ["flood"]}, "format": "xlsx"}
    estimate = post(visitor, f"{TASKS}export/estimate/", body).json()
    assert (estimate["rows"], estimate["sheets"], estimate["reuse"]) == (30, 1, False)
    assert estimate["limit_exceeded"] is None
    assert not TaskRun.objects.exists()
    start(visitor, "export", body)
    work_off()
    settings.EXPORT_MAX_ROWS = 5
    later = post(visitor, f"{TASKS}export/estimate/", body).json()
    assert later["reuse"]
    assert later["limit_exceeded"]["name"] == "EXPORT_MAX_ROWS"


def test_visitors_are_refused_where_anonymous_access_is_off(visitor: Client, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = False
    answer = post(visitor, f"{TASKS}search/")
    assert answer.status_code in (401, 403)
    assert answer["Content-Type"] == "application/problem+json"


def test_missing_dataset_is_a_clear_answer(visitor: Client, settings: Settings) -> None:
    settings.DATASET_ROOT = settings.DATASET_ROOT / "elsewhere"
    answer = post(visitor, f"{TASKS}search/")
    assert (answer.status_code, answer.json()["code"]) == (503, "no-dataset")


def test_exports_list_shows_own_files(visitor: Client, other: Client) -> None:
    task = start(visitor, "export", {"filters": {"keywords": ["flood"]}, "format": "csv"})
    work_off()
    (listed,) = visitor.get(EXPORTS).json()["results"]
    assert listed["export_id"] == task["export_id"]
    assert listed["rows"] == 30
    assert listed["filters_in_words"] == "text: flood"
    assert other.get(EXPORTS).json()["results"] == []
    assert visitor.delete(task["links"]["export"]).status_code == 204
    assert visitor.get(EXPORTS).json()["results"] == []
    assert TaskRun.objects.get().state == State.SUCCESS


def test_delete_takes_an_ended_export_and_its_file_out_of_the_history(
    visitor: Client, settings: Settings
) -> None:
    task = start(visitor, "export", {"filters": {"keywords": ["chairs"]}})
    work_off()
    (file,) = settings.EXPORT_ROOT.iterdir()
    assert visitor.delete(task["links"]["self"]).status_code == 204
    assert not file.exists()
    assert visitor.get(task["links"]["self"]).status_code == 404
    assert visitor.get(TASKS).json()["results"] == []


def test_delete_refuses_a_task_that_has_not_ended(visitor: Client) -> None:
    task = start(visitor, "search")
    response = visitor.delete(task["links"]["self"])
    assert (response.status_code, response.json()["code"]) == (409, "not-deletable")
    assert visitor.get(task["links"]["self"]).json()["state"] == "PENDING"


def test_delete_of_anothers_task_finds_nothing(visitor: Client, other: Client) -> None:
    task = start(visitor, "search")
    work_off()
    assert other.delete(task["links"]["self"]).status_code == 404
    assert visitor.get(task["links"]["self"]).json()["ready"] is True


def test_links_follow_the_prefix_under_which_the_site_is_served(make_run: MakeRun) -> None:
    run = make_run("export", {"format": "csv"})
    at_the_root = representation.task_links(run)
    set_script_prefix("/explorer/")
    try:
        below = representation.task_links(run)
    finally:
        clear_script_prefix()
    assert {name: f"/explorer{path}" for name, path in at_the_root.items()} == below
    assert representation.task_links(run) == at_the_root


@pytest.mark.usefixtures("redis_up")
def test_time_left_is_not_counted_down_while_nothing_goes_on(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = start(visitor, "export")
    claim = claims.claim(uuid.UUID(task["task_id"]), worker="w", lease_s=30)
    assert claim is not None
    told = time.time()
    progress = Progress(phase="writing rows", current=500, total=2000)
    results.store_progress(claim.run_id, attempt=1, progress=progress, began=told - 5)
    monkeypatch.setattr(representation, "NEWS_FOR_S", 0.0)
    meta = visitor.get(task["links"]["status"]).json()["meta"]
    assert (meta["current"], meta["rate"], meta["eta_seconds"]) == (500, None, None)


def test_attempts_never_outrun_their_most(visitor: Client, settings: Settings) -> None:
    settings.RETRY_DELAYS_S = [0.0, 0.0, 0.0]
    task = start(visitor, "export")
    run_id = uuid.UUID(task["task_id"])

    def counted() -> tuple[int, int]:
        meta = visitor.get(task["links"]["status"]).json()["meta"]
        return meta["attempt"], meta["max_attempts"]

    assert counted() == (0, 4)
    for attempt in (1, 2):
        assert claims.claim(run_id, worker="w", lease_s=-1)
        assert counted() == (attempt, 3 + attempt)
        recovery.release_lost(at_most=5)
    for attempt in (3, 4, 5, 6):
        claim = claims.claim(run_id, worker="w", lease_s=30)
        assert claim is not None
        assert counted() == (attempt, 6)
        ending = Ending(code="x", message="x", retryable=True, dead=DeadReason.ATTEMPTS_USED_UP)
        if attempt < 6:
            endings.postpone(claim, ending, delay_s=0)
            recovery.resume_due()
        else:
            endings.fail(claim, ending)
    assert counted() == (6, 6)
    assert recovery.replay([run_id]) == 1
    assert claims.claim(run_id, worker="w", lease_s=30)
    assert counted() == (7, 10)


def test_history_is_filtered_by_owner_and_days_for_staff(visitor: Client, staff: Client) -> None:
    maria = User.objects.create_user("maria")
    client = Client()
    client.force_login(maria)
    hers, somebodys = start(client, "search")["task_id"], start(visitor, "search")["task_id"]
    TaskRun.objects.filter(pk=hers).update(created_at=datetime(2026, 3, 5, 23, 30, tzinfo=MANILA))

    def listed(query: str) -> list[str]:
        return [task["task_id"] for task in staff.get(f"{TASKS}?{query}").json()["results"]]

    shown = {task["task_id"]: task["owner"] for task in staff.get(TASKS).json()["results"]}
    assert shown[hers] == "maria"
    assert shown[somebodys].startswith("visitor ")
    assert listed("owner=Maria") == [hers]
    assert listed(f"owner={shown[somebodys].replace(' ', '+')}") == [somebodys]
    assert listed("owner=nobody") == []
    assert listed("since=2026-03-05&until=2026-03-05") == [hers]
    assert listed("until=2026-03-04") == []
    assert listed("since=2026-03-06") == [somebodys]
    assert "owner" not in client.get(TASKS).json()["results"][0]
    refused = client.get(f"{TASKS}?owner=maria")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/owner")
