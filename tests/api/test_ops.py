"""The operators' endpoints: who may use them, what they show, what replay and discard answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle.runs import claims, endings
from data_processing.lifecycle.runs.endings import Ending
from data_processing.models import DeadLetter, DeadReason, State, TaskRun
from data_processing.operations import pulses
from data_processing.worker import inspection
from tests import brokers
from tests.api.conftest import post
from tests.brokers import publish_dead, publish_raw
from tests.datasets import publish_many_awards
from tests.machine import MakeRun

OPS = "/api/v1/ops/"
LETTERS = f"{OPS}dead-letters/"

pytestmark = pytest.mark.django_db


def get(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.json()


def bury(run: TaskRun) -> DeadLetter:
    claim = claims.claim(run.id, worker="w1", lease_s=30)
    assert claim is not None
    ending = Ending(
        code="broken",
        message="it broke",
        retryable=True,
        traceback="Traceback: in the engine",
        dead=DeadReason.ATTEMPTS_USED_UP,
    )
    assert endings.fail(claim, ending)
    return DeadLetter.objects.get(run=run, resolved_at=None)


@pytest.fixture
def broker_away(monkeypatch: pytest.MonkeyPatch) -> None:
    brokers.lose_broker(monkeypatch)


# --- Who may --------------------------------------------------------------------------------------------

READS = ["verdict/", "queues/", "workers/", "pace/", "schedules/", "dead-letters/"]
WRITES = [
    "dead-letters/1/replay/",
    "dead-letters/1/discard/",
    "dead-letters/replay/",
    "dead-letters/discard/",
    "datasets/v1/use/",
]


@pytest.mark.parametrize("path", READS + WRITES)
def test_only_staff_may(visitor: Client, path: str) -> None:
    signed_in = Client()
    signed_in.force_login(User.objects.create_user("someone"))
    for client, allowed in ((visitor, (401, 403)), (signed_in, (403,))):
        response = post(client, OPS + path, {"ids": [1]}) if path in WRITES else client.get(OPS + path)
        assert response.status_code in allowed
        assert response["Content-Type"] == "application/problem+json"


# --- Queues ---------------------------------------------------------------------------------------------


def queue(body: Any, name: str) -> Any:
    return next(found for found in body["queues"] if found["name"] == name)


@pytest.mark.usefixtures("broker_up")
def test_queues_show_the_broker_beside_the_rows(staff: Client, make_run: MakeRun) -> None:
    waiting, running, retrying, dead = (make_run("search", {"page": page}) for page in range(1, 5))
    TaskRun.objects.filter(id=waiting.id).update(created_at=Now() - timedelta(minutes=2))
    held = make_run("export")
    TaskRun.objects.filter(id=held.id).update(publish_at=None)
    assert claims.claim(running.id, worker="w1", lease_s=30)
    claim = claims.claim(retrying.id, worker="w1", lease_s=30)
    assert claim is not None
    endings.postpone(claim, Ending(code="x", message="x", retryable=True), delay_s=60)
    bury(dead)
    publish_raw("x", queue="high")
    publish_dead("x", queue="high")
    pulses.beat(pulses.SWEEP)
    body = get(staff, f"{OPS}queues/")
    assert body["broker"] == "up"
    assert [(found["name"], found["late"]) for found in body["housekeeping"]] == [
        ("sweep", False),
        ("beat", True),
    ]
    assert [found["name"] for found in body["queues"]] == ["critical", "high", "normal", "low"]
    high = queue(body, "high")
    assert high.pop("oldest_waiting_s") == pytest.approx(120, abs=10)
    assert high == {
        "name": "high",
        "lane": "interactive",
        "depth": 1,
        "consumers": 0,
        "dead": 1,
        "pending": 1,
        "held": 0,
        "running": 1,
        "retry": 1,
        "open_dead_letters": 1,
    }
    normal = queue(body, "normal")
    assert (normal["lane"], normal["pending"], normal["held"]) == ("bulk", 1, 1)
    assert queue(body, "low")["oldest_waiting_s"] is None
    assert queue(body, "critical")["lane"] == "housekeeping"


@pytest.mark.usefixtures("broker_away")
def test_queues_show_the_rows_while_the_broker_is_away(staff: Client, make_run: MakeRun) -> None:
    make_run("search")
    body = get(staff, f"{OPS}queues/")
    assert body["broker"] == "down"
    high = queue(body, "high")
    assert (high["depth"], high["consumers"], high["dead"]) == (None, None, None)
    assert high["pending"] == 1


# --- Workers --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("broker_up")
def test_worker_that_holds_a_run_and_does_not_answer_is_shown_as_not_alive(
    staff: Client, make_run: MakeRun
) -> None:
    run = make_run("search")
    claims.claim(run.id, worker="gone@host", lease_s=30)
    body = get(staff, f"{OPS}workers/")
    assert body["broker"] == "up"
    (worker,) = body["workers"]
    assert (worker["name"], worker["alive"]) == ("gone@host", False)
    assert worker["run_ids"] == [str(run.id)]


@pytest.mark.usefixtures("broker_away")
def test_workers_answer_while_the_broker_is_away(staff: Client) -> None:
    assert get(staff, f"{OPS}workers/") == {"broker": "down", "workers": []}


def test_memory_of_a_process_that_has_ended_is_unknown() -> None:
    assert inspection.read_memory_mb(2**22 + 1) is None


# --- Dead letters ---------------------------------------------------------------------------------------


def test_dead_letters_show_what_operators_need(staff: Client, make_run: MakeRun) -> None:
    run = make_run("search")
    bury(run)
    (letter,) = get(staff, LETTERS)["results"]
    assert letter["reason"] == "attempts-used-up"
    assert letter["error"]["code"] == "broken"
    assert letter["traceback"] == "Traceback: in the engine"
    assert letter["attempts"][0]["worker"] == "w1"
    assert letter["run"]["task_id"] == str(run.id)
    assert letter["run"]["owner"] == "visitor:a"
    assert get(staff, letter["run"]["status_url"])["state"] == "FAILURE"


def test_dead_letters_are_filtered_by_state_reason_and_queue(staff: Client, make_run: MakeRun) -> None:
    open_letter, resolved = bury(make_run("search")), bury(make_run("search", {"page": 2}))
    unreadable = DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="low")
    post(staff, f"{LETTERS}{resolved.pk}/discard/")

    def ids(query: str) -> list[int]:
        return [letter["id"] for letter in get(staff, f"{LETTERS}?{query}")["results"]]

    assert ids("") == [unreadable.pk, open_letter.pk]
    assert ids("state=resolved") == [resolved.pk]
    assert ids("state=all") == [unreadable.pk, resolved.pk, open_letter.pk]
    assert ids("reason=unreadable-message") == [unreadable.pk]
    assert ids("queue=high&state=all") == [resolved.pk, open_letter.pk]


@pytest.mark.parametrize("query", ["state=closed", "reason=bad", "queue=urgent"])
def test_unknown_filter_value_is_named(staff: Client, query: str) -> None:
    response = staff.get(f"{LETTERS}?{query}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


def test_dead_letters_come_in_pages_that_lead_to_the_last(staff: Client) -> None:
    made = [DeadLetter.objects.create(reason=DeadReason.CRASH_LOOP, queue="low").pk for _ in range(7)]
    found, address = [], f"{LETTERS}?page_size=3"
    while address:
        page = get(staff, address)
        found += [letter["id"] for letter in page["results"]]
        address = page["next"]
    assert found == made[::-1]


def test_replay_puts_the_task_back_in_line(staff: Client, make_run: MakeRun) -> None:
    run = make_run("search")
    letter = bury(run)
    response = post(staff, f"{LETTERS}{letter.pk}/replay/")
    assert response.status_code == 200
    body = response.json()
    assert (body["resolution"], body["resolved_by"]) == ("replayed", "ops")
    assert body["run"]["state"] == "PENDING"
    again = post(staff, f"{LETTERS}{letter.pk}/replay/")
    assert again.status_code == 409
    assert again.json()["code"] == "not-replayable"


def test_discard_leaves_the_task_failed(staff: Client, make_run: MakeRun) -> None:
    run = make_run("search")
    response = post(staff, f"{LETTERS}{bury(run).pk}/discard/")
    assert response.json()["resolution"] == "discarded"
    run.refresh_from_db()
    assert run.state == State.FAILURE


@pytest.mark.parametrize("pk", ["999999999", "99999999999999999999999"])
@pytest.mark.parametrize("action", ["replay", "discard"])
def test_unknown_dead_letter_is_not_found(staff: Client, pk: str, action: str) -> None:
    response = post(staff, f"{LETTERS}{pk}/{action}/")
    assert response.status_code == 404
    assert response.json()["code"] == "not-found"


def test_many_are_answered_id_by_id(staff: Client, make_run: MakeRun) -> None:
    letter = bury(make_run("search"))
    unreadable = DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="low")
    response = post(staff, f"{LETTERS}replay/", {"ids": [letter.pk, unreadable.pk, 10**9]})
    assert response.status_code == 200
    outcomes = {one["id"]: (one["outcome"], one.get("code")) for one in response.json()["results"]}
    assert outcomes == {
        letter.pk: ("replayed", None),
        unreadable.pk: ("refused", "not-replayable"),
        10**9: ("refused", "not-found"),
    }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/ids"),
        ({"ids": []}, "/ids"),
        ({"ids": "1"}, "/ids"),
        ({"ids": list(range(1, 1002))}, "/ids"),
        ({"ids": [1, "2"]}, "/ids/1"),
        ({"ids": [True]}, "/ids/0"),
        ({"ids": [0]}, "/ids/0"),
        ({"ids": [2**63]}, "/ids/0"),
        ({"ids": [1], "all": True}, "/all"),
    ],
)
def test_list_of_ids_that_is_none_is_refused_and_named(
    staff: Client, body: dict[str, Any], pointer: str
) -> None:
    response = post(staff, f"{LETTERS}discard/", body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


# --- Pace and schedules ---------------------------------------------------------------------------------


def test_pace_counts_each_ending_in_its_hour(staff: Client, make_run: MakeRun) -> None:
    bury(make_run("export"))
    make_run("search")
    old = make_run("aggregates")
    claim = claims.claim(old.id, worker="w1", lease_s=30)
    assert claim is not None
    assert endings.succeed(claim, result={}, keep_s=60)
    TaskRun.objects.filter(pk=old.pk).update(finished_at=Now() - timedelta(hours=2))
    hours = get(staff, f"{OPS}pace/?hours=3")["hours"]
    assert [(hour["succeeded"], hour["failed"], hour["cancelled"]) for hour in hours] == [
        (1, 0, 0),
        (0, 0, 0),
        (0, 1, 0),
    ]


@pytest.mark.parametrize("hours", ["0", "169", "many", "1.5"])
def test_pace_of_no_sensible_time_is_refused(staff: Client, hours: str) -> None:
    response = staff.get(f"{OPS}pace/?hours={hours}")
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/hours"


def test_schedules_name_what_beat_sends(staff: Client) -> None:
    # Its own entry: those of the migration are gone once a test that commits has emptied the tables.
    every = IntervalSchedule.objects.create(every=7, period="seconds")
    PeriodicTask.objects.create(name="look around", task="data_processing.tasks.sweep_runs", interval=every)
    schedules = get(staff, f"{OPS}schedules/")["schedules"]
    entry = next(entry for entry in schedules if entry["name"] == "look around")
    assert entry["task"] == "data_processing.tasks.sweep_runs"
    assert entry["enabled"]
    assert entry["schedule"] == "every 7 seconds"


def test_failed_task_stays_until_an_operator_has_resolved_its_dead_letter(
    staff: Client, make_run: MakeRun
) -> None:
    run = make_run("export")
    letter = bury(run)
    address = f"/api/v1/data-processing/tasks/{run.id}/"
    assert staff.delete(address).status_code == 409
    assert post(staff, f"{LETTERS}{letter.pk}/discard/").status_code == 200
    assert staff.delete(address).status_code == 204


# --- The dataset in use ---------------------------------------------------------------------------------


def test_staff_use_another_version(
    staff: Client, dataset: Snapshot, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    newer = publish_many_awards(settings.DATASET_ROOT, 3)
    assert get(staff, "/api/v1/datasets/current/")["version"] == newer.version
    with caplog.at_level("INFO"):
        response = post(staff, f"{OPS}datasets/{dataset.version}/use/")
    assert (response.status_code, response.json()["current"]) == (200, True)
    assert get(staff, "/api/v1/datasets/current/")["version"] == dataset.version
    assert f"{dataset.version} is current now, chosen by ops; before it was {newer.version}" in caplog.text


@pytest.mark.parametrize("version", ["v0", "..", "%00", "9" * 5000])
def test_a_version_that_is_not_there_cannot_be_used(staff: Client, dataset: Snapshot, version: str) -> None:
    response = post(staff, f"{OPS}datasets/{version}/use/")
    assert (response.status_code, response.json()["code"]) == (410, "snapshot-missing")
    assert get(staff, "/api/v1/datasets/current/")["version"] == dataset.version


def test_a_version_is_not_used_without_the_token_of_the_page(staff: Client, dataset: Snapshot) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    assert post(strict, f"{OPS}datasets/{dataset.version}/use/").status_code == 403
    strict.get("/datasets/")
    token = strict.cookies["csrftoken"].value
    answer = post(strict, f"{OPS}datasets/{dataset.version}/use/", X_CSRFToken=token)
    assert answer.status_code == 200


# --- Dead letters by error ------------------------------------------------------------------------------


def bury_as(run: TaskRun, code: str, message: str) -> DeadLetter:
    letter = bury(run)
    DeadLetter.objects.filter(pk=letter.pk).update(
        error={"code": code, "message": message, "retryable": False}
    )
    letter.refresh_from_db()
    return letter


@pytest.fixture
def letters(make_run: MakeRun) -> list[DeadLetter]:
    """Three of one error, one of another, and one that has none."""
    full = [bury_as(make_run("search", {"page": page}), "disk-full", f"no room {page}") for page in (1, 2, 3)]
    user = User.objects.create_user("maria")
    broken = bury_as(make_run("export", owner=f"user:{user.pk}"), "broken", "it broke")
    return [*full, broken, DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="low", message="x?")]


def ids_of(staff: Client, query: str) -> list[int]:
    return [letter["id"] for letter in get(staff, f"{LETTERS}?{query}")["results"]]


def test_dead_letters_are_counted_by_error(staff: Client, letters: list[DeadLetter]) -> None:
    groups = get(staff, f"{LETTERS}groups/")["groups"]
    assert [(group["code"], group["count"]) for group in groups] == [("disk-full", 3), ("", 1), ("broken", 1)]
    largest = groups[0]
    assert (largest["message"], largest["newest"]) == ("no room 3", letters[2].pk)
    assert largest["first_at"] < largest["last_at"]
    assert [group["code"] for group in get(staff, f"{LETTERS}groups/?queue=low")["groups"]] == [""]


def test_dead_letters_are_searched_by_error_task_owner_and_id(
    staff: Client, letters: list[DeadLetter]
) -> None:
    *full, broken, unreadable = letters
    assert ids_of(staff, "code=disk-full") == [letter.pk for letter in reversed(full)]
    assert ids_of(staff, "code=") == [unreadable.pk]
    assert ids_of(staff, "q=ROOM+2") == [full[1].pk]
    assert ids_of(staff, "q=x%3F") == [unreadable.pk]
    assert ids_of(staff, "q=export") == [broken.pk]
    assert ids_of(staff, f"q={str(broken.run_id)[:8]}") == [broken.pk]
    assert ids_of(staff, "q=100%25") == []
    (shown,) = get(staff, f"{LETTERS}?code=broken")["results"]
    assert shown["run"]["owner_name"] == "maria"


def test_all_of_one_error_are_replayed_and_those_that_cannot_be_are_told(
    staff: Client, letters: list[DeadLetter]
) -> None:
    TaskRun.objects.filter(dead_letters=letters[0]).update(state=State.SUCCESS)
    body = post(staff, f"{LETTERS}groups/replay/", {"code": "disk-full"}).json()
    assert (body["done"], body["refused"], body["left"]) == (2, 1, 1)
    assert body["refusals"] == ["the task has not ended as failed; it cannot be replayed"]
    assert {run.state for run in TaskRun.objects.filter(dead_letters__in=letters[1:3])} == {State.PENDING}
    assert post(staff, f"{LETTERS}groups/discard/", {"code": "disk-full"}).json()["done"] == 1
    assert ids_of(staff, "") == [letters[4].pk, letters[3].pk]


def test_group_of_no_code_is_refused(staff: Client) -> None:
    for body in ({}, {"code": 1}, {"code": "x" * 101}, {"code": "\x00"}):
        assert post(staff, f"{LETTERS}groups/replay/", body).status_code == 400
