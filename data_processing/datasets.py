"""Which dataset version is current, and this process's open stores. Stores are opened on first use, so that
a forked worker child never inherits one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from celery.signals import worker_init
from django.conf import settings

from contracts import snapshot
from contracts.snapshot import Snapshot
from contracts.store import Store

KEPT_OPEN = 4
_opening = threading.Lock()
_open: OrderedDict[tuple[str, int], Store] = OrderedDict()
"""By version and memory. What falls out is closed with its last reader: nothing else refers to it then."""


def current_snapshot() -> Snapshot:
    """The current snapshot. Raises contracts.errors.NoDataset."""
    return snapshot.current(settings.DATASET_ROOT)


def list_snapshots() -> list[Snapshot]:
    return snapshot.history(settings.DATASET_ROOT)


def open_store(version: str, *, memory_mb: int | None = None) -> Store:
    """The store of ``version`` that may hold so much, ENGINE_MEMORY_MB unless said otherwise, shared by this
    process. Raises contracts.errors.SnapshotMissing."""
    key = version, memory_mb or settings.ENGINE_MEMORY_MB
    with _opening:
        if key not in _open:
            _make_place()
            _open[key] = Store(
                snapshot.find(settings.DATASET_ROOT, version),
                memory_limit_mb=key[1],
                threads=settings.ENGINE_THREADS,
            )
        _open.move_to_end(key)
        return _open[key]


def _make_place() -> None:
    """Let go of a store too many, and of those whose versions were pruned: they would keep the disk full."""
    pruned = [key for key, store in _open.items() if not store.snapshot.database.is_file()]
    oldest = list(_open)[: max(0, len(_open) - KEPT_OPEN + 1)]
    for key in {*pruned, *oldest}:
        del _open[key]


def current_store() -> Store:
    return open_store(current_snapshot().version)


@worker_init.connect
def sweep_left(**_: Any) -> None:
    """Delete what killed imports and prunes left, when a worker starts."""
    snapshot.sweep(settings.DATASET_ROOT)
