"""Having the anomaly model of the current dataset version made: once when it is new, each week, and when an
operator asks."""

from __future__ import annotations

import logging

from django.db import transaction

from contracts.anomalies.model import is_trained
from contracts.errors import NoDataset, SnapshotMissing
from data_processing import datasets
from data_processing.database import locks
from data_processing.lifecycle import submission
from data_processing.models import OWN, UNFINISHED, TaskRun
from data_processing.operations.schedules import Schedule
from monitors.kinds import check, check_now
from monitors.kinds.train_anomalies import KIND, TrainAnomaliesRequest

logger = logging.getLogger(__name__)

# On the day of least work, after the nightly cleaning.
SCHEDULES = (
    Schedule(
        name="train the anomaly model",
        task="data_processing.tasks.ask_anomaly_model",
        queue="low",
        at_hour=4,
        on_weekday=0,
    ),
)


def ask_weekly() -> None:
    """As ``ask_model``, where there is a dataset."""
    try:
        ask_model()
    except (NoDataset, SnapshotMissing) as error:
        logger.info("no anomaly model is made: %s", error)


@transaction.atomic
def ask_first_model() -> TaskRun | None:
    """The run that makes the first model of the current dataset version, once monitors were compared with it;
    None where there is nothing to do yet, or any more: what failed is tried by whoever asks."""
    try:
        snapshot = datasets.current_snapshot()
        if is_trained(snapshot):
            return None
    except (NoDataset, SnapshotMissing):
        return None
    locks.hold("anomaly model")
    runs = TaskRun.objects.filter(owner=OWN, dataset_version=snapshot.version)
    # Alerts of a new version are promised within a minute, and both would read the same contracts.
    checks = runs.filter(kind__in=(check.KIND.name, check_now.KIND.name), state__in=UNFINISHED)
    if runs.filter(kind=KIND.name).exists() or checks.exists():
        return None
    return _record(snapshot.version)


@transaction.atomic
def ask_model() -> TaskRun:
    """The run that makes the model of the current dataset version: a new one, or one that is not finished.
    Raises NoDataset."""
    version = datasets.current_snapshot().version
    # Two that ask at once would have the same work done twice.
    locks.hold("anomaly model")
    return find_unfinished() or _record(version)


def find_unfinished() -> TaskRun | None:
    """The run that is to make, or makes, the model of the current dataset version. Raises NoDataset."""
    version = datasets.current_snapshot().version
    runs = TaskRun.objects.filter(kind=KIND.name, owner=OWN, dataset_version=version, state__in=UNFINISHED)
    return runs.first()


def _record(version: str) -> TaskRun:
    return submission.record_own(KIND, TrainAnomaliesRequest(), queue=KIND.queue, version=version)
