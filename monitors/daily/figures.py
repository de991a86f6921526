"""Figures of a day: how many contracts each monitor means, and the whole dataset holds, and their pesos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError
from django.db.models import QuerySet

from contracts.engine.store import Reader
from contracts.snapshot.versions import Manifest
from monitors import saved
from monitors.models import DailyFigure, Monitor

USUAL, MOST = 400, 2000
"""Days of one answer."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What is kept of one day."""

    contracts: int
    value: Decimal
    version: str


def keep_dataset(manifest: Manifest, day: date) -> None:
    """Keep what the version holds, without the second source, as a search does that does not ask for it."""
    figure = Kept(
        contracts=manifest.rows - manifest.flood_rows,
        value=manifest.total_value - manifest.flood_value,
        version=manifest.version,
    )
    _keep(None, day, figure)


def keep_monitor(monitor: Monitor, reader: Reader, day: date, *, version: str) -> bool:
    """Keep what the monitor means now; False where it cannot be read, or is gone."""
    filters = saved.read_filters(monitor.search)
    if filters is None:
        return False
    last = list_figures(monitor).filter(dataset_version=version).first()
    if last is None:
        found = reader.count(filters)
        figure = Kept(contracts=found.rows, value=found.total_value, version=version)
    else:
        # Most days bring no version. Other filters begin anew, and leave no figures (monitors.saved).
        figure = Kept(contracts=last.contracts, value=last.value, version=version)
    try:
        _keep(monitor, day, figure)
    except IntegrityError:
        # Deleted since it was read.
        return False
    return True


def list_watched() -> QuerySet[Monitor]:
    """Those whose figures are kept."""
    return Monitor.objects.filter(paused=False).select_related("search").order_by("pk")


def list_figures(monitor: Monitor | None) -> QuerySet[DailyFigure]:
    """Those of a monitor, or of the whole dataset, the latest first."""
    return DailyFigure.objects.filter(monitor=monitor).order_by("-day")


def _keep(monitor: Monitor | None, day: date, figure: Kept) -> None:
    """One row a day, however often it is called: the last one counts."""
    values = {"contracts": figure.contracts, "value": figure.value, "dataset_version": figure.version}
    DailyFigure.objects.update_or_create(monitor=monitor, day=day, defaults=values)
