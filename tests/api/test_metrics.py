"""GET /metrics: who may scrape, and that its figures are those of the rows and the broker."""

from __future__ import annotations

from math import inf

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from data_processing.lifecycle.runs import claims
from data_processing.operations import pulses
from tests import brokers
from tests.brokers import publish_raw
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

Figures = dict[tuple[str, ...], float]


def scrape(client: Client, **headers: str) -> Figures:
    """Each sample by its name and the values of its labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value for found in families for sample in found.samples
    }


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
    assert figures["philgeps_runs", "search", "PENDING"] == 3
    assert figures["philgeps_export_bytes",] == 0


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
