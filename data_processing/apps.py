"""Names the app, and keeps Beat's table in step with the settings."""

from celery.signals import beat_init
from django.apps import AppConfig
from django.db.models.signals import post_migrate

from data_processing.operations import schedules


class DataProcessingConfig(AppConfig):
    name = "data_processing"
    verbose_name = "Task machine"

    def ready(self) -> None:
        post_migrate.connect(schedules.sync_after_migrate, sender=self)
        beat_init.connect(schedules.sync)
