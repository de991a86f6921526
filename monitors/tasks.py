"""The Celery tasks of this room: each calls one function. Its kinds of tasks are made by the machine."""

from __future__ import annotations

from celery import shared_task

from monitors import sweeping
from monitors.anomalies import training


@shared_task(name="data_processing.tasks.check_scheduled_monitors_task", queue="critical", send_events=False)
def check_scheduled_monitors_task() -> None:
    """Record runs for the monitors that are due, for alerts that are to be sent, and for the anomaly model
    that a new dataset version lacks."""
    sweeping.ask_checks()
    sweeping.ask_deliveries()
    training.ask_first_model()


@shared_task(name="data_processing.tasks.ask_anomaly_model", queue="low", send_events=False)
def ask_anomaly_model() -> None:
    """Record a run that makes the anomaly model of the current dataset version."""
    training.ask_weekly()


@shared_task(name="data_processing.tasks.ask_figures", queue="critical", send_events=False)
def ask_figures() -> None:
    """Record a run that keeps the figures of today."""
    sweeping.ask_figures()


@shared_task(name="data_processing.tasks.ask_cleanup", queue="critical", send_events=False)
def ask_cleanup() -> None:
    """Record a run that removes old rows."""
    sweeping.ask_cleanup()
