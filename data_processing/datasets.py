"""Which dataset version is current, and this process's open stores. Stores are opened on first use, so that
a forked worker child never inherits one."""

from __future__ import annotations

import threading
from functools import lru_cache

from django.conf import settings

from contracts import snapshot
from contracts.snapshot import Snapshot
from contracts.store import Store

_opening = threading.Lock()


def current_snapshot() -> Snapshot:
    """The current snapshot. Raises contracts.errors.NoDataset."""
    return snapshot.current(settings.DATASET_ROOT)


def list_snapshots() -> list[Snapshot]:
    return snapshot.history(settings.DATASET_ROOT)


def open_store(version: str, *, memory_mb: int | None = None) -> Store:
    """The store of ``version`` that may hold so much, ENGINE_MEMORY_MB unless said otherwise, shared by this
    process. Raises contracts.errors.SnapshotMissing."""
    with _opening:
        return _open(version, memory_mb or settings.ENGINE_MEMORY_MB)


def current_store() -> Store:
    return open_store(current_snapshot().version)


@lru_cache(maxsize=4)
def _open(version: str, memory_mb: int) -> Store:
    return Store(
        snapshot.find(settings.DATASET_ROOT, version),
        memory_limit_mb=memory_mb,
        threads=settings.ENGINE_THREADS,
    )
