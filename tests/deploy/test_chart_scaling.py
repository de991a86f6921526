"""KEDA asks the ledger for what operators see, and adds no workers that would have nothing to do."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from data_processing.models import OWN, State, TaskRun
from data_processing.operations import overview
from tests.deploy.chart import PLAIN, SECRET, Chart, render


@pytest.fixture(scope="module")
def chart() -> Chart:
    return render({**PLAIN, "keda": {"enabled": True}})


def add_runs(count: int, *, owner: str, queue: str, state: State = State.PENDING, **changes: Any) -> None:
    TaskRun.objects.bulk_create(
        TaskRun(
            kind="export",
            owner=owner,
            queue=queue,
            state=state,
            request={},
            request_key=uuid.uuid4().hex,
            **changes,
        )
        for _ in range(count)
    )


def ask(chart: Chart, lane: str) -> int:
    (trigger,) = chart.of_kind("ScaledObject")[f"explorer-worker-{lane}"]["spec"]["triggers"]
    with connection.cursor() as cursor:
        cursor.execute(trigger["metadata"]["query"])
        rows = cursor.fetchall()
    ((found,),) = rows
    assert isinstance(found, int), "KEDA reads one number"
    return found


def report(*queues: str) -> int:
    """What waits and what runs, as operators see it."""
    reports, _ = overview.report_queues()
    return sum(each.pending + each.running for each in reports if each.name in queues)


@pytest.mark.django_db
def test_backlog_is_what_operators_see_wait_and_run(chart: Chart) -> None:
    assert (ask(chart, "interactive"), ask(chart, "bulk")) == (0, 0)
    # The database says when a transaction began.
    now = timezone.now() - timedelta(minutes=1)
    add_runs(1, owner="a", queue="high", publish_at=now)
    add_runs(1, owner="a", queue="high", publish_at=now + timedelta(minutes=5), publishes=1)
    add_runs(3, owner="a", queue="high", state=State.STARTED)
    assert ask(chart, "interactive") == report("high") == 5
    # Held back until another visitor of the address has had a turn: no queue knows of it.
    add_runs(1, owner="b", queue="normal", publish_at=None)
    add_runs(1, owner="b", queue="low", state=State.STARTED)
    assert ask(chart, "bulk") == report("normal", "low") == 2


@pytest.mark.django_db
def test_tasks_that_no_worker_could_be_at_add_none(chart: Chart) -> None:
    later = timezone.now() + timedelta(hours=1)
    for queue in ("high", "normal"):
        add_runs(4, owner="a", queue=queue, publish_at=later)
        add_runs(4, owner="a", queue=queue, state=State.RETRY)
        add_runs(4, owner="a", queue=queue, state=State.SUCCESS)
    assert (ask(chart, "interactive"), ask(chart, "bulk")) == (0, 0)


@pytest.mark.django_db
def test_an_owner_counts_for_as_many_bulk_tasks_as_may_be_at_work(chart: Chart) -> None:
    add_runs(50, owner="a", queue="normal", publish_at=None)
    assert ask(chart, "bulk") == settings.OWNER_WINDOW
    wider = render({**PLAIN, "keda": {"enabled": True}, "settings": {"OWNER_WINDOW": "7"}})
    assert ask(wider, "bulk") == 7
    add_runs(1, owner="b", queue="normal", publish_at=None)
    assert ask(wider, "bulk") == 8
    # The program's own jobs know no turns.
    add_runs(20, owner=OWN, queue="low", publish_at=timezone.now(), publishes=1)
    assert ask(wider, "bulk") == 28


def test_whom_keda_scales_has_no_number_of_its_own(chart: Chart) -> None:
    deployments = chart.of_kind("Deployment")
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in chart.of_kind("ScaledObject").values()}
    assert scaled == {"explorer-worker-interactive", "explorer-worker-bulk"}
    assert {name for name, each in deployments.items() if "replicas" not in each["spec"]} == scaled


def test_keda_signs_in_with_the_secret(chart: Chart) -> None:
    ((name, authentication),) = chart.of_kind("TriggerAuthentication").items()
    assert authentication["spec"]["secretTargetRef"] == [
        {"parameter": "connection", "name": SECRET, "key": "DATABASE_URL"}
    ]
    for scaled in chart.of_kind("ScaledObject").values():
        (trigger,) = scaled["spec"]["triggers"]
        assert trigger["authenticationRef"] == {"name": name}
