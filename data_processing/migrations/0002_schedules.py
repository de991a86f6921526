"""The periodic tasks, so that an operator finds them in the admin and can change them there."""

from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.migrations.state import StateApps

EVERY = {
    "sweep runs": ("data_processing.tasks.sweep_runs", settings.SWEEP_EVERY_S, "critical"),
    "file dead letters": ("data_processing.tasks.file_dead_letters", 10, "critical"),
    "reconcile results": ("data_processing.tasks.reconcile_results", 30, "critical"),
    "prune snapshots": ("data_processing.tasks.prune_snapshots", 3600, "low"),
}
AT_02_00 = {"clean up old exports": ("data_processing.tasks.cleanup_old_exports", "low")}


def create_entries(apps: StateApps, schema_editor: Any) -> None:
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    entry = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, (task, seconds, queue) in EVERY.items():
        every, _ = interval.objects.get_or_create(every=max(1, round(seconds)), period="seconds")
        entry.objects.get_or_create(
            name=name,
            defaults={"task": task, "interval": every, "queue": queue, "expire_seconds": max(2, 2 * seconds)},
        )
    for name, (task, queue) in AT_02_00.items():
        at, _ = crontab.objects.get_or_create(minute="0", hour="2", timezone=settings.TIME_ZONE)
        entry.objects.get_or_create(name=name, defaults={"task": task, "crontab": at, "queue": queue})


def remove_entries(apps: StateApps, schema_editor: Any) -> None:
    names = [*EVERY, *AT_02_00]
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=names).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("data_processing", "0001_task_runs"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(create_entries, remove_entries)]
