"""Which workers lack the dataset version of a run that waits: it was handed back, and says by whom."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from data_processing.models import State, TaskRun


@dataclass(frozen=True, kw_only=True)
class Lack:
    """``runs`` that wait were handed back by ``worker``, the last that had them, which lacks ``version``."""

    worker: str
    version: str
    runs: int

    def describe(self) -> str:
        return f"{self.worker} has no dataset version {self.version} ({self.runs:,} waiting)"


def list_lacks() -> list[Lack]:
    """What is lacking now, by worker and version."""
    waiting = TaskRun.objects.filter(state=State.PENDING, handed_back_since__isnull=False)
    counted = waiting.values_list("worker", "dataset_version").annotate(Count("pk"))
    return [Lack(worker=worker, version=version, runs=runs) for worker, version, runs in counted.order_by()]
