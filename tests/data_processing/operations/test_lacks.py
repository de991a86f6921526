"""What workers lack is said wherever operators look."""

from __future__ import annotations

import pytest
from django.test import Client

from data_processing.lifecycle.runs import claims, publishing
from data_processing.operations import lacks
from data_processing.operations.metrics import render_metrics
from data_processing.operations.watch.conditions import list_conditions
from tests.machine import MakeRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("broker_up", "redis_up")]


def test_health_metrics_and_alerts_name_what_a_worker_lacks(make_run: MakeRun) -> None:
    assert Client().get("/health/ready").json()["worker_datasets"] == "ok"
    runs = [make_run("search", {"page": page}) for page in (1, 2)]
    version = runs[0].dataset_version
    for run in runs:
        publishing.hand_back(run.id, in_s=1, worker="bulk@poor")
    told = f"bulk@poor has no dataset version {version} (2 waiting)"
    assert Client().get("/health/ready").json()["worker_datasets"] == told
    assert f'philgeps_lacking_dataset_runs{{version="{version}",worker="bulk@poor"}} 2.0' in (
        render_metrics().decode()
    )
    (condition,) = (one for one in list_conditions() if one.name == "lacking-dataset")
    assert told in condition.text


def test_nothing_is_lacking_any_more_once_a_worker_has_the_run(make_run: MakeRun) -> None:
    run = make_run("search")
    publishing.hand_back(run.id, in_s=1, worker="bulk@poor")
    assert claims.claim(run.id, worker="bulk@rich", lease_s=60) is not None
    assert lacks.list_lacks() == []
