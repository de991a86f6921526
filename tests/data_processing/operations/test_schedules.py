"""Beat's table follows the list in the code and the settings, but for what operators have changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.signals import beat_init
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks
from pytest_django import Settings

from data_processing import migrations
from data_processing.operations import schedules

pytestmark = pytest.mark.django_db

NIGHTLY, HOURLY = "clean up old exports", "prune snapshots"


def entry(name: str) -> Any:
    return PeriodicTask.objects.get(name=name)


def make_as_the_migration_did(name: str, **values: Any) -> None:
    """An entry of a version that left no note of what it had written."""
    PeriodicTask.objects.filter(name=name).delete()
    (known,) = [schedule for schedule in schedules.list_schedules() if schedule.name == name]
    PeriodicTask.objects.create(name=name, task=known.task, queue=known.queue, **values)


@pytest.fixture(autouse=True)
def _synced() -> None:
    schedules.sync()


def test_every_entry_sends_a_task_that_there_is() -> None:
    current_app.loader.import_default_modules()
    for schedule in schedules.list_schedules():
        assert schedule.task in current_app.tasks
        made = entry(schedule.name)
        assert (made.task, made.queue, made.enabled) == (schedule.task, schedule.queue, True)


def test_monitors_hear_nothing_of_what_beat_sends() -> None:
    current_app.loader.import_default_modules()
    told = [one.task for one in schedules.list_schedules() if current_app.tasks[one.task].send_events]
    assert told == []


def test_the_time_zone_of_the_settings_holds_from_the_next_start_of_beat_on(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    beat_init.send(sender=None)
    assert str(entry(NIGHTLY).crontab.timezone) == "Asia/Tokyo"
    assert entry(NIGHTLY).crontab.hour == "2"


def test_the_time_zone_of_the_settings_holds_after_a_migrate(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    call_command("migrate", verbosity=0)
    assert str(entry(NIGHTLY).crontab.timezone) == "Asia/Tokyo"


def test_entry_of_an_earlier_version_follows_the_settings(settings: Settings) -> None:
    at = CrontabSchedule.objects.create(minute="0", hour="2", timezone="Asia/Manila")
    make_as_the_migration_did(NIGHTLY, crontab=at)
    settings.TIME_ZONE = "Asia/Tokyo"
    schedules.sync()
    assert str(entry(NIGHTLY).crontab.timezone) == "Asia/Tokyo"


def test_entry_of_an_earlier_version_that_was_changed_stays(settings: Settings) -> None:
    at = CrontabSchedule.objects.create(minute="30", hour="4", timezone="Asia/Manila")
    make_as_the_migration_did(NIGHTLY, crontab=at)
    settings.TIME_ZONE = "Asia/Tokyo"
    schedules.sync()
    assert entry(NIGHTLY).crontab == at


def test_changed_entry_stays_and_a_disabled_one_stays_disabled(settings: Settings) -> None:
    slow = IntervalSchedule.objects.create(every=7200, period="seconds")
    changed, disabled = entry(HOURLY), entry(NIGHTLY)
    changed.interval, disabled.enabled = slow, False
    changed.save()
    disabled.save()
    settings.TIME_ZONE = "Asia/Tokyo"
    schedules.sync()
    assert entry(HOURLY).interval == slow
    assert not entry(NIGHTLY).enabled
    assert str(entry(NIGHTLY).crontab.timezone) == "Asia/Tokyo"


def test_deleted_entry_comes_back() -> None:
    entry(HOURLY).delete()
    schedules.sync()
    assert entry(HOURLY).interval.every == 3600


def test_retired_entry_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    every = IntervalSchedule.objects.create(every=1, period="seconds")
    PeriodicTask.objects.create(name="of yesterday", task="no.more", interval=every)
    monkeypatch.setattr(schedules, "RETIRED", ("of yesterday",))
    schedules.sync()
    assert not PeriodicTask.objects.filter(name="of yesterday").exists()


def test_sync_that_changes_nothing_does_not_make_beat_read_its_table_again() -> None:
    before = PeriodicTasks.last_change()
    schedules.sync()
    assert PeriodicTasks.last_change() == before


def test_beat_is_told_of_a_change(settings: Settings) -> None:
    before = PeriodicTasks.last_change()
    settings.TIME_ZONE = "Asia/Tokyo"
    schedules.sync()
    assert PeriodicTasks.last_change() > before


def test_no_migration_reads_settings_which_would_hold_for_ever() -> None:
    folder = Path(migrations.__path__[0])
    for migration in folder.glob("0*.py"):
        assert "django.conf" not in migration.read_text(encoding="utf-8"), migration.name


def test_weekly_entry_is_sent_on_its_day_of_the_week_alone(settings: Settings) -> None:
    at = entry("train the anomaly model").crontab
    assert (at.day_of_week, at.hour, at.minute, str(at.timezone)) == ("0", "4", "0", settings.TIME_ZONE)
    assert entry(NIGHTLY).crontab.day_of_week == "*"
