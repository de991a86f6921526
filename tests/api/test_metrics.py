"""GET /metrics: who may scrape, and that its figures are those of the rows and the broker."""

from __future__ import annotations

import re
from math import inf
from pathlib import Path

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from data_processing.lifecycle import runner
from data_processing.lifecycle.runs import claims
from data_processing.models import DeadLetter, DeadReason
from data_processing.operations import metrics, pulses
from tests import brokers
from tests.brokers import publish_raw
from tests.machine import MakeRun
from tests.scraping import scrape

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


@pytest.mark.usefixtures("broker_up", "redis_up")
def test_figures_are_those_of_rows_and_broker(staff: Client, make_run: MakeRun) -> None:
    for page in (1, 2, 3):
        make_run("search", {"page": page})
    assert claims.claim(make_run("search", {"page": 4}).id, worker="w1", lease_s=30)
    publish_raw("x", queue="high")
    pulses.beat(pulses.SWEEP)
    figures = scrape(staff)
    assert figures["philgeps_broker_up",] == 1
    assert figures["philgeps_broker_blocked",] == 0
    assert figures["philgeps_pulse_age_seconds", "sweep"] < 10
    assert figures["philgeps_pulse_age_seconds", "beat"] == inf
    assert figures["philgeps_redis_up",] == 1
    assert figures["philgeps_unfinished_runs", "high", "pending"] == 3
    assert figures["philgeps_unfinished_runs", "high", "running"] == 1
    assert figures["philgeps_queue_messages", "high"] == 1
    assert figures["philgeps_queue_consumers", "high"] == 0
    assert figures["philgeps_workers", "interactive"] == 0
    assert figures["philgeps_silent_workers",] == 1
    assert figures["celery_active_tasks",] == 1
    assert figures["philgeps_export_bytes",] == 0
    assert 0 < figures["philgeps_database_connections",] < figures["philgeps_database_connections_limit",]
    assert (
        0 < figures["philgeps_disk_free_bytes", "datasets"] <= figures["philgeps_disk_size_bytes", "datasets"]
    )


@pytest.mark.usefixtures("redis_up")
def test_ends_are_counted_from_the_first_one_on(
    staff: Client, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    before = scrape(staff)
    assert before["celery_task_total", "search", "SUCCESS"] == 0
    assert before["celery_task_duration_seconds_count", "export"] == 0
    assert before["celery_task_retries_total",] == 0
    for run in (make_run("search"), make_run("export", {"format": "csv"})):
        runner.run_attempt(run.id, worker="w1")
    DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="high")
    figures = scrape(staff)
    assert figures["celery_task_total", "search", "SUCCESS"] == 1
    assert figures["celery_task_duration_seconds_count", "export"] == 1
    assert figures["celery_task_duration_seconds_bucket", "export", "+Inf"] == 1
    assert figures["celery_task_duration_seconds_bucket", "export", "3600.0"] == 1
    assert 0 < figures["celery_task_duration_seconds_sum", "export"] < 3600
    assert figures["philgeps_task_wait_seconds_count", "search"] == 1
    assert figures["philgeps_export_rows_total", "csv"] > 0
    assert figures["philgeps_export_written_bytes_total", "csv"] == figures["philgeps_export_bytes",] > 0
    assert figures["celery_dead_letter_queue_size",] == 1


@pytest.mark.usefixtures("redis_up")
def test_broker_that_is_away_is_a_figure_not_an_error(
    staff: Client, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    make_run("search")
    figures = scrape(staff)
    assert figures["philgeps_broker_up",] == 0
    assert figures["philgeps_unfinished_runs", "high", "pending"] == 1
    assert ("philgeps_queue_messages", "high") not in figures


@pytest.mark.usefixtures("redis_up")
def test_scraper_needs_the_token(
    visitor: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    brokers.lose_broker(monkeypatch)
    assert visitor.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401
    settings.METRICS_TOKEN = "s3cret"
    assert visitor.get("/metrics").status_code == 401
    assert visitor.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    assert scrape(visitor, Authorization="Bearer s3cret", Accept=accept)


@pytest.mark.usefixtures("broker_up", "redis_up", "db")
def test_every_metric_is_documented_with_its_type() -> None:
    documented = re.findall(
        r"^\| `(\w+?)(_total)?(\{[a-z,]+\})?` \| (\w+) \|", PAGE.read_text(), re.MULTILINE
    )
    families = text_string_to_metric_families(metrics.render_metrics().decode())
    assert {(name, kind) for name, _, _, kind in documented} == {(one.name, one.type) for one in families}
