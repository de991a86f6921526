"""One task through real processes, by what they write into their logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from data_processing.models import TaskRun
from tests.integration.conftest import wait_until_ended
from tests.integration.website import TASKS, StartWeb, Web
from tests.integration.workers import StartWorker, Worker

JSON_LINES = {
    "DEBUG": "false",
    "SECRET_KEY": "s3cret-of-the-test" * 4,
    "ANONYMOUS_ACCESS": "true",
    "SECURE_COOKIES": "0",
}
SOUGHT = "zanzibarite"
REQUEST_ID = "from-the-proxy.1"


def read_lines(log: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def lines_of(task_id: str, log: str) -> list[dict[str, Any]]:
    return [line for line in read_lines(log) if task_id in json.dumps(line)]


def ask(web: Web) -> TaskRun:
    body = {"filters": {"keywords": [SOUGHT]}, "format": "csv"}
    with web.post(f"{TASKS}export/", body, owner="a", **{"X-Request-ID": REQUEST_ID}) as answer:
        assert answer.response.status == 202
        assert answer.response.headers["X-Request-ID"] == REQUEST_ID
        return TaskRun.objects.get(id=answer.read_body()["task_id"])


def passwords() -> set[str]:
    """Of the test's servers, and the key."""
    return {str(settings.DATABASES["default"]["PASSWORD"]), "s3cret-of-the-test"} - {""}


@pytest.mark.parametrize("told", [False, True])
def test_lines_of_web_and_worker_share_ids_and_hold_no_secret(
    told: bool, worker: StartWorker, start_web: StartWeb, data_dir: Any
) -> None:
    variables = {**JSON_LINES, "LOG_SEARCH_TEXT": str(told), "DATA_DIR": str(data_dir)}
    web = start_web(**variables)
    bulk: Worker = worker(queues="normal", name="lines", **variables)
    run = ask(web)
    wait_until_ended(run, worker=bulk)
    assert run.state == "SUCCESS"
    web.stop()
    bulk.stop()
    logs = {"web": web.log.read_text(), "worker": bulk.read_log()}
    for name, log in logs.items():
        of_task = lines_of(str(run.id), log)
        assert {line["request_id"] for line in of_task} == {REQUEST_ID}, name
        assert {line["task_id"] for line in of_task} == {str(run.id)}, name
        # Of its own stopping Celery tells from within the signal's handler, where nothing may be logged.
        told_raw = [line for line in log.splitlines() if not line.startswith(("{", "worker: "))]
        assert "".join(told_raw) == ""
        assert not any(secret in log for secret in passwords())
        assert (SOUGHT in log) == (told and name == "web")
    assert {line["logger"].partition(".")[0] for line in read_lines(logs["web"])} >= {
        "uvicorn",
        "data_processing",
    }
    assert {line["logger"].partition(".")[0] for line in read_lines(logs["worker"])} >= {
        "celery",
        "data_processing",
    }
