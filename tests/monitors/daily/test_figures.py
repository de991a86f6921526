"""Figures of a day: one row, however often the night's run is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from data_processing.models import TaskRun
from monitors import saved, sweeping, watching
from monitors.daily.figures import list_figures
from monitors.models import DailyFigure, Monitor
from monitors.questions import MonitorChange, SearchChange
from tests.monitors.conftest import Publish, Watch, award, work, work_off

pytestmark = pytest.mark.django_db


def keep() -> None:
    """Do what Beat asks for at night."""
    sweeping.ask_figures()
    work_off()


def figures_of(monitor: Monitor | None) -> list[tuple[int, int, str]]:
    """Days ago, contracts and pesos, the latest first."""
    today = timezone.localdate()
    return [((today - one.day).days, one.contracts, str(one.value)) for one in list_figures(monitor)]


def grow_older() -> None:
    """Yesterday's now is today's yesterday."""
    for figure in DailyFigure.objects.order_by("day"):
        DailyFigure.objects.filter(pk=figure.pk).update(day=figure.day - timedelta(days=1))


def test_each_day_has_the_figures_of_its_dataset_version_once(publish: Publish, watch: Watch) -> None:
    publish([award(1, "1000.50"), award(2, award_title="Dike"), award(3, source="flood_control")])
    dikes = watch({"keywords": ["dike"]})
    keep()
    keep()
    grow_older()
    publish([award(1, "1000.50"), award(2, award_title="Dike"), award(4, "5.00", award_title="Dikes")])
    keep()
    assert figures_of(None) == [(0, 3, "2005.50"), (1, 2, "2000.50")]
    assert figures_of(dikes) == [(0, 2, "1005.00"), (1, 1, "1000.00")]


def test_a_later_version_of_the_same_day_counts(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    monitor = watch()
    keep()
    publish([award(1), award(2)])
    keep()
    assert figures_of(monitor) == figures_of(None) == [(0, 2, "2000.00")]


def test_a_run_that_comes_after_midnight_keeps_the_day_that_asked(publish: Publish) -> None:
    publish([award(1)])
    sweeping.ask_figures()
    run = TaskRun.objects.get()
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    TaskRun.objects.filter(pk=run.pk).update(request={"day": yesterday})
    work_off()
    assert figures_of(None) == [(1, 1, "1000.00")]


def test_paused_monitors_are_left_out_and_changed_filters_begin_anew(publish: Publish, watch: Watch) -> None:
    publish([award(1), award(2, award_title="Dike")])
    monitor, paused = watch(name="One"), watch(name="Two")
    watching.change(paused, MonitorChange(paused=True))
    work()
    keep()
    assert (figures_of(monitor), figures_of(paused)) == ([(0, 2, "2000.00")], [])
    saved.change(monitor.search, SearchChange.from_json({"filters": {"keywords": ["dike"]}}))
    assert figures_of(monitor) == []
    keep()
    assert figures_of(monitor) == [(0, 1, "1000.00")]


def test_a_search_that_nobody_can_read_keeps_the_others_from_nothing(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    strange, plain = watch(name="One"), watch(name="Two")
    type(strange.search).objects.filter(pk=strange.search_id).update(filters={"colour": "red"})
    keep()
    assert figures_of(plain) == [(0, 1, "1000.00")]
    assert TaskRun.objects.get(kind="aggregate_snapshots").result == {"kept": 1, "left_out": 1}
