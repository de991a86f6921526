"""What Celery's own programs and clients see of runs, and what they can do: Flower, ``celery inspect``,
``celery purge``, AsyncResult."""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from celery.bin.celery import celery
from celery.result import AsyncResult
from click.testing import CliRunner
from django.conf import settings
from django.test import Client

from api.access.owners import VISITOR_COOKIE, sign_visitor
from backend.celery import app
from contracts.snapshot.versions import Snapshot
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import dead_letters, outbox
from data_processing.lifecycle.publisher import publisher
from data_processing.models import DeadLetter, State, TaskRun
from data_processing.outputs.results import TaskCancelled, TaskFailed
from data_processing.tasks import TASKS as TASKS_OF_CELERY
from tests.brokers import count_ready
from tests.integration.conftest import PATIENCE_S, Submit, wait_for, wait_until_ended
from tests.integration.website import TASKS
from tests.integration.workers import CHECKOUT, StartWorker, Worker
from tools.stack.children import kill_group, spawn, stop_child, wait_until
from tools.stack.ports import LOOPBACK, is_listening, pick_port
from tools.stack.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

LONG = {"steps": 1200}
"""A minute."""


@dataclass(frozen=True, kw_only=True)
class Flower:
    """A running Flower."""

    url: str

    def get_task(self, task_id: object) -> Mapping[str, Any]:
        """What it shows of the task; empty when it does not know it."""
        found: Mapping[str, Any] = self.list_tasks().get(str(task_id), {})
        return found

    def list_tasks(self) -> Mapping[str, Any]:
        with urllib.request.urlopen(f"{self.url}/api/tasks", timeout=10) as answer:
            tasks: Mapping[str, Any] = json.load(answer)
            return tasks

    def post(self, path: str) -> None:
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="POST"), timeout=10).close()


@pytest.fixture
def workers(shared_worker: StartWorker) -> Mapping[str, Worker]:
    """Those of production: one with threads, which sweeps, and one whose children do the work."""
    options = {"LEASE_S": "2", "MAX_LOST_ATTEMPTS": "1", "CANCEL_GRACE_S": "3", "RETRY_DELAYS_S": "600"}
    return {
        "housekeeping": shared_worker(name="housekeeping", queues="critical", pool="threads", **options),
        "work": shared_worker(name="work", queues="high,normal,low", **options),
    }


@pytest.fixture(scope="module")
def running_flower(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flower]:
    port, log = pick_port(), tmp_path_factory.mktemp("flower") / "log"
    command = [sys.executable, "-m", "celery", "-A", "backend", "flower"]
    with log.open("ab") as output:
        process = spawn(
            [*command, f"--port={port}", f"--address={LOOPBACK}"],
            environment={**os.environ, **servers.environment(), "FLOWER_UNAUTHENTICATED_API": "1"},
            folder=CHECKOUT,
            output=output,
        )
    try:
        wait_until(lambda: is_listening(port), child=process, name="flower", within_s=PATIENCE_S, log=log)
        yield Flower(url=f"http://{LOOPBACK}:{port}")
    finally:
        stop_child(process, within_s=10)
        kill_group(process)


@pytest.fixture
def flower(running_flower: Flower, workers: Mapping[str, Worker]) -> Flower:
    """The module's Flower, to which the workers tell what they do."""
    # Flower asks them itself, every five seconds.
    app.control.enable_events(reply=True, limit=len(workers), timeout=PATIENCE_S)
    return running_flower


def cancel(run: TaskRun) -> None:
    """As its owner does."""
    client = Client()
    client.cookies[VISITOR_COOKIE] = sign_visitor(run.owner.removeprefix("visitor:"))
    answer = client.post(f"{TASKS}cancel/", {"task_id": str(run.id)}, content_type="application/json")
    assert answer.status_code == 202, answer.content


def submit_broken(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> TaskRun:
    """A run whose request no version can read, in its last attempt: it fails at once."""
    with monkeypatch.context() as patch:
        patch.setattr(publisher, "_rests_until", float("inf"))
        run = submit("search", {"page": 2})
    TaskRun.objects.filter(id=run.id).update(
        request={"pages": "all"}, attempts=len(settings.RETRY_DELAYS_S) * [{"outcome": "failed"}]
    )
    outbox.publish_new(run)
    return run


def is_shown(flower: Flower, expected: Mapping[str, TaskRun]) -> Callable[[], bool]:
    """Whether Flower shows the runs in the states that they are listed by."""
    return lambda: all(flower.get_task(run.id).get("state") == state for state, run in expected.items())


def test_flower_shows_how_runs_stand_and_what_they_were_asked(
    flower: Flower, workers: Mapping[str, Worker], submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {
        "SUCCESS": submit("search", {"filters": {"keywords": ["river"]}}),
        "RETRY": submit("rehearsal", {"fate": "fail"}),
        "FAILURE": submit_broken(submit, monkeypatch),
    }
    wait_for(is_shown(flower, runs), worker=workers["work"])
    good, bad = flower.get_task(runs["SUCCESS"].id), flower.get_task(runs["FAILURE"].id)
    assert good["args"] == "Search: text: river, page 1"
    assert "total_rows: 30" in good["result"]
    assert bad["exception"].startswith("unreadable-request: ")


def test_flower_shows_ends_that_no_worker_tells_of(
    flower: Flower, workers: Mapping[str, Worker], submit: Submit
) -> None:
    waits, lost = submit("rehearsal", {"fate": "fail"}), submit("rehearsal", {"fate": "crash"})
    wait_for(is_shown(flower, {"RETRY": waits}), worker=workers["work"])
    cancel(waits)
    ended = {"REVOKED": waits, "FAILURE": lost}
    wait_for(is_shown(flower, ended), worker=workers["housekeeping"])
    assert flower.get_task(lost.id)["exception"].startswith("worker-lost: ")


def test_flower_lists_no_housekeeping(flower: Flower, workers: Mapping[str, Worker]) -> None:
    for name in ("note_beat", "sweep_runs", "reconcile_results"):
        app.send_task(f"data_processing.tasks.{name}", queue="critical")
    last = app.send_task("data_processing.tasks.sample_add", (1, 2), queue="critical")
    wait_for(lambda: flower.get_task(last.id), worker=workers["housekeeping"])
    assert {"note_beat", "sweep_runs", "reconcile_results"}.isdisjoint(
        str(task["name"]).rpartition(".")[2] for task in flower.list_tasks().values()
    )


def test_revoke_and_terminate_of_flower_cancel(
    flower: Flower, workers: Mapping[str, Worker], submit: Submit
) -> None:
    runs = {"running": submit("rehearsal", LONG), "waiting": submit("rehearsal", {"number": 1})}
    wait_for(is_shown(flower, {"STARTED": runs["running"]}), worker=workers["work"])
    flower.post(f"/api/task/revoke/{runs['waiting'].id}")
    wait_until_ended(runs["waiting"], worker=workers["housekeeping"])
    flower.post(f"/api/task/revoke/{runs['running'].id}?terminate=true")
    wait_until_ended(runs["running"], worker=workers["housekeeping"])
    assert {run.state for run in runs.values()} == {State.REVOKED}
    for run in runs.values():
        wait_for(is_shown(flower, {"REVOKED": run}), worker=workers["work"])
        with pytest.raises(TaskCancelled):
            AsyncResult(str(run.id)).get(timeout=10)
    refused = app.control.inspect().revoked()
    assert refused == {worker.name: [] for worker in workers.values()}


def test_revoke_of_what_is_no_run_is_refused_with_a_sentence(workers: Mapping[str, Worker]) -> None:
    def answer_of(name: str, answers: list[dict[str, Any]] | None) -> str:
        return str({k: v for answer in answers or () for k, v in answer.items()}[workers[name].name]["ok"])

    revoked = app.control.revoke(str(uuid.uuid4()), reply=True, limit=2, timeout=PATIENCE_S)
    assert "only runs can be cancelled" in answer_of("housekeeping", revoked)
    assert "the worker of the queue critical, which has --pool threads, cancels" in answer_of("work", revoked)
    stamped = app.control.revoke_by_stamped_headers({"owner": "a"}, reply=True, limit=2, timeout=PATIENCE_S)
    assert "no stamps" in answer_of("work", stamped)


def test_task_sent_in_celerys_own_way_is_done_and_its_sender_gets_the_result(
    workers: Mapping[str, Worker], dataset: Snapshot
) -> None:
    search = TASKS_OF_CELERY["search"].delay({"keywords": ["river"], "page_size": 5}, "search:river")
    export = app.send_task(KINDS["export"].task_name, kwargs={"filters": {}, "format": "csv"})
    assert search.get(timeout=PATIENCE_S)["total_rows"] == 30
    made = export.get(timeout=PATIENCE_S)
    assert (made["rows"], made["export_id"]) == (32, export.id)
    queues = TaskRun.objects.values_list("queue", flat=True).order_by("created_at")
    assert list(queues) == ["high", "normal"]


def test_task_sent_with_what_is_no_request_fails_with_a_sentence(
    flower: Flower, workers: Mapping[str, Worker], dataset: Snapshot
) -> None:
    refused = TASKS_OF_CELERY["search"].delay({"page": 0}, "k")
    with pytest.raises(TaskFailed, match="invalid-query: /page"):
        refused.get(timeout=PATIENCE_S)
    wait_for(lambda: flower.get_task(refused.id).get("state") == "FAILURE", worker=workers["work"])
    wait_for(dead_letters.file_undelivered, worker=workers["work"])
    filed = DeadLetter.objects.get().error
    assert filed is not None
    assert "what is no request" in filed["message"]


def run_celery(arguments: str) -> str:
    """What ``celery -A backend`` says, run in this process."""
    ran = CliRunner().invoke(celery, ["-A", "backend", *arguments.split()], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def list_commands_of_the_guide() -> list[str]:
    guide = (CHECKOUT / "docs" / "how-to" / "celery.md").read_text(encoding="utf-8")
    return re.findall(r"^\.venv/bin/celery -A backend (.*)$", guide, re.MULTILINE)


def test_commands_of_the_guide_show_what_it_says(workers: Mapping[str, Worker], submit: Submit) -> None:
    run = submit("rehearsal", {"steps": 80})
    wait_for(lambda: TaskRun.objects.filter(id=run.id, state=State.STARTED).exists(), worker=workers["work"])
    said = {command: run_celery(command) for command in list_commands_of_the_guide()}
    assert str(run.id) in said["inspect active"]
    assert str(run.id) not in said["inspect reserved"]
    assert said["inspect scheduled"].count("- empty -") == len(workers)
    assert KINDS["export"].task_name in said["inspect registered"]
    assert '"max-concurrency": 1' in said["inspect stats"]
    assert "No messages purged" in said["purge --force"]
    wait_until_ended(run, worker=workers["work"])


def test_accepted_tasks_end_after_a_purge(workers: Mapping[str, Worker], submit: Submit) -> None:
    runs = [submit("rehearsal", {"number": number, "steps": 20}) for number in range(5)]
    wait_for(lambda: count_ready("high") >= 3, worker=workers["work"])
    purged = re.search(r"Purged (\d) messages", run_celery("purge --force"))
    assert purged is not None
    assert int(purged[1]) >= 3
    for run in runs:
        wait_until_ended(run, worker=workers["housekeeping"])
    assert {run.state for run in runs} == {State.SUCCESS}
