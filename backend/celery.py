"""The Celery app: configuration from Django's settings, the steps of a worker, one diagnostic task."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_after_setup
from django.conf import settings

from backend import topology

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
# Celery would run Django's checks, which load every view, and drop what they say; `migrate` says it.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("philgeps_data_explorer", task_cls="data_processing.worker.consumer:SafeTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class DeclareTopology(bootsteps.StartStopStep):
    """Declares all queues whenever a worker has (re)connected."""

    # The broker may have lost its data meanwhile, and a worker's own declaration leaves the dead-letter
    # queues out.
    requires = ("celery.worker.consumer:Connection",)

    def start(self, parent: Any) -> None:
        topology.declare(parent.connection)


app.steps["consumer"].add(DeclareTopology)
# By its name: it needs the models, which are not loaded when this module is.
app.steps["worker"].add("data_processing.worker.timer:SweepTimer")
app.steps["worker"].add("data_processing.worker.timer:Farewell")
app.steps["worker"].add("data_processing.worker.timer:RollTimer")
app.steps["worker"].add("data_processing.worker.timer:WatchTimer")


@celeryd_after_setup.connect
def omit_banner(instance: Any, **_: Any) -> None:
    """Who reads lines of JSON cannot read a picture."""
    instance.quiet = instance.quiet or settings.LOG_JSON


@app.task(bind=True, name="philgeps_data_explorer.celery.debug_task", ignore_result=False, queue="critical")
def debug_task(self: Any) -> dict[str, str]:
    """Say who ran this and with what request id; for operators."""
    return {"task_id": self.request.id, "worker": self.request.hostname}
