"""What Beat sends and when. The list stands here and is brought into Beat's table at each ``migrate`` and
each start of Beat, so that settings that have changed take effect.

Operators may change an entry in the admin. The description of an entry says what was written here: one that
no longer agrees with its own description has been changed by a person and stays as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.apps import apps as installed
from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

RETIRED: tuple[str, ...] = ("sweep runs",)
"""Names of entries that earlier versions made and nobody needs any more."""

BEAT_PULSE_S = 3


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One entry: ``every_s`` seconds, or at ``at_hour`` of the setting TIME_ZONE, each day or only
    ``on_weekday`` (0 is Sunday, as cron counts)."""

    name: str
    task: str
    queue: str
    every_s: float | None = None
    at_hour: int | None = None
    on_weekday: int | None = None


def list_schedules() -> tuple[Schedule, ...]:
    """The entries as the settings want them now."""
    return (
        Schedule(
            name="beat's pulse",
            task="data_processing.tasks.note_beat",
            queue="critical",
            every_s=BEAT_PULSE_S,
        ),
        Schedule(
            name="file dead letters",
            task="data_processing.tasks.file_dead_letters",
            queue="critical",
            every_s=10,
        ),
        Schedule(
            name="reconcile results",
            task="data_processing.tasks.reconcile_results",
            queue="critical",
            every_s=30,
        ),
        Schedule(
            name="add up ended runs",
            task="data_processing.tasks.add_up_ended",
            queue="critical",
            every_s=300,
        ),
        Schedule(
            name="prune snapshots", task="data_processing.tasks.prune_snapshots", queue="low", every_s=3600
        ),
        Schedule(
            name="keep bulk files", task="data_processing.tasks.keep_bulk_files", queue="low", every_s=3600
        ),
        Schedule(
            name="clean up old exports",
            task="data_processing.tasks.cleanup_old_exports",
            queue="low",
            at_hour=2,
        ),
        *(schedule for name in settings.TASK_SCHEDULES for schedule in import_string(name)),
    )


def sync(**_: Any) -> None:
    """Bring the list into Beat's table: missing entries are made, those that nobody has touched follow,
    retired ones go. Repeatable; a receiver of signals. Whether an entry is enabled only operators say."""
    for name in RETIRED:
        for entry in _entries().filter(name=name):
            entry.delete()
    for schedule in list_schedules():
        _sync_one(schedule)


def sync_after_migrate(*, apps: Any = installed, **_: Any) -> None:
    """As ``sync``; not when a migration backwards has just taken Beat's table away."""
    if "periodictask" in apps.all_models["django_celery_beat"]:
        sync()


def _sync_one(schedule: Schedule) -> None:
    wanted = _wanted(schedule)
    entry = _entries().filter(name=schedule.name).first()
    if entry is None:
        entry = _model("PeriodicTask")(name=schedule.name)
    elif not _is_untouched(entry, wanted):
        logger.info("schedule %r stays as it was changed in the admin", schedule.name)
        return
    before = {name: getattr(entry, name) for name in (*wanted, "description")}
    for name, value in wanted.items():
        setattr(entry, name, value)
    entry.description = _note(entry)
    if entry.pk is None or any(getattr(entry, name) != value for name, value in before.items()):
        # Not by a queryset's update: Beat learns of a change from what save() does.
        entry.save()


def _wanted(schedule: Schedule) -> dict[str, Any]:
    """The fields of Beat's table that make up the schedule."""
    fields = {"task": schedule.task, "queue": schedule.queue, "interval": None, "crontab": None}
    if schedule.every_s is None:
        weekday = "*" if schedule.on_weekday is None else str(schedule.on_weekday)
        at = {"minute": "0", "hour": str(schedule.at_hour), "day_of_week": weekday}
        at["timezone"] = settings.TIME_ZONE
        return {**fields, "crontab": _take("CrontabSchedule", **at), "expire_seconds": None}
    every = _take("IntervalSchedule", every=max(1, round(schedule.every_s)), period="seconds")
    # A message that nobody took before the next ones came is worth nothing.
    return {**fields, "interval": every, "expire_seconds": max(2, round(2 * schedule.every_s))}


def _is_untouched(entry: Any, wanted: dict[str, Any]) -> bool:
    if entry.description:
        return bool(entry.description == _note(entry))
    # Made by the migration of versions that left no note: as it is now, but for the time zone of that day.
    same = (_say(entry.scheduler), entry.task) == (
        _say(wanted["interval"] or wanted["crontab"]),
        wanted["task"],
    )
    return same and entry.queue == wanted["queue"]


def _note(entry: Any) -> str:
    end = f", expires after {entry.expire_seconds} seconds" if entry.expire_seconds else ""
    return (
        f"Follows the program's settings: {entry.task} {entry.scheduler} into {entry.queue}{end}. "
        "When you change the entry, it follows them no longer."
    )


def _say(scheduler: Any) -> str:
    zone = getattr(scheduler, "timezone", None)
    return str(scheduler).removesuffix(str(zone)) if zone else str(scheduler)


def _take(model: str, **values: Any) -> Any:
    """The first such row: the table lets operators make equal ones."""
    rows = _model(model).objects
    return rows.filter(**values, **_NO_OTHER_DAYS.get(model, {})).first() or rows.create(**values)


_NO_OTHER_DAYS = {"CrontabSchedule": {"day_of_month": "*", "month_of_year": "*"}}


def _entries() -> Any:
    return _model("PeriodicTask").objects.select_related("interval", "crontab", "solar", "clocked")


def _model(name: str) -> Any:
    # By name: this module is read before the models are, by the app's configuration.
    return installed.get_model("django_celery_beat", name)
