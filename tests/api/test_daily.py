"""Figures of days by the API, and what operators are told of old rows."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from monitors.models import DailyFigure, Monitor
from tests.api.test_monitors import watch

pytestmark = pytest.mark.django_db


def make_figures(monitor: Monitor | None, *days: int) -> None:
    for day in days:
        DailyFigure.objects.create(
            monitor=monitor, day=date(2024, 1, day), contracts=day, value=1000 * day, dataset_version="v"
        )


def test_figures_come_by_day_with_the_filters_that_find_their_contracts(visitor: Client) -> None:
    made = watch(visitor)
    monitor = Monitor.objects.get()
    make_figures(monitor, 3, 1, 2)
    make_figures(None, 5)
    answer = visitor.get(f"{made['links']['figures']}?days=2").json()
    assert [one["day"] for one in answer["figures"]] == ["2024-01-02", "2024-01-03"]
    assert answer["figures"][1] == {
        **{"day": "2024-01-03", "contracts": 3, "value": "3000.00", "dataset_version": "v"}
    }
    assert answer["filters"] == monitor.search.filters
    whole = visitor.get("/api/v1/datasets/figures/").json()
    assert [one["contracts"] for one in whole["figures"]] == [5]


def test_figures_of_somebody_elses_monitor_are_not_there(visitor: Client) -> None:
    made = watch(visitor)
    assert Client().get(made["links"]["figures"]).status_code == 404
    assert visitor.get(f"{made['links']['figures']}?days=0").status_code == 400


def test_operators_see_what_the_cleanup_would_remove(staff: Client, visitor: Client) -> None:
    [first, *_] = staff.get("/api/v1/ops/old-data/").json()["old"]
    assert (first["name"], first["setting"], first["rows"]) == ("deliveries", "DELIVERY_KEEP_DAYS", 0)
    assert visitor.get("/api/v1/ops/old-data/").status_code == 401
