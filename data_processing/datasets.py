"""Which dataset version is current, and this process's open stores. Stores are opened on first use, so that
a forked worker child never inherits one."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from celery.signals import worker_init
from django.conf import settings

from contracts.engine.store import Store
from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot import versions
from contracts.snapshot.versions import Manifest, Snapshot
from data_processing.instruments import EngineFigures

logger = logging.getLogger(__name__)

KEPT_OPEN = 4
_opening = threading.Lock()
_open: OrderedDict[tuple[str, int], Store] = OrderedDict()
"""By version and memory. What falls out is closed with its last reader: nothing else refers to it then."""


def current_snapshot() -> Snapshot:
    """The current snapshot. Raises contracts.errors.NoDataset."""
    return versions.current(settings.DATASET_ROOT)


def get_snapshot(version: str) -> Snapshot:
    """Raises contracts.errors.SnapshotMissing."""
    return versions.get(settings.DATASET_ROOT, version)


def list_snapshots() -> list[Snapshot]:
    return versions.history(settings.DATASET_ROOT)


def list_versions() -> frozenset[str]:
    """The names of the versions that are on this machine's disk now."""
    return frozenset(snapshot.version for snapshot in list_snapshots())


def list_manifests() -> Iterator[Manifest]:
    """What each version on disk holds, newest first."""
    for one in list_snapshots():
        with contextlib.suppress(SnapshotMissing):  # pruned since it was listed
            yield one.manifest()


def describe_version(version: str) -> Manifest:
    """What a version holds, remembered by this process. Raises contracts.errors.SnapshotMissing."""
    return _remember_manifest(str(settings.DATASET_ROOT), version)


@lru_cache(64)
def _remember_manifest(_root: str, version: str) -> Manifest:
    return get_snapshot(version).manifest()


def is_sample(version: str) -> bool:
    """Whether contracts of a version are invented; no where that cannot be known, as it is gone."""
    try:
        return describe_version(version).sample
    except SnapshotMissing:
        return False


def use_version(version: str, *, by: str) -> Snapshot:
    """Make ``version`` the current one; by whom, and what was current before, is logged. Raises
    contracts.errors.SnapshotMissing."""
    # Nobody has to be told: every request reads anew which version is current, and what processes keep, they
    # keep by version.
    before = _name_current()
    chosen = versions.use(settings.DATASET_ROOT, version)
    logger.info("dataset version %s is current now, chosen by %s; before it was %s", version, by, before)
    return chosen


def _name_current() -> str:
    try:
        return current_snapshot().version
    except (NoDataset, SnapshotMissing) as error:
        return f"none ({error})"


def open_store(version: str, *, memory_mb: int | None = None) -> Store:
    """The store of ``version``, shared by this process. It may take ``memory_mb`` of memory, ENGINE_MEMORY_MB
    if that is not said. Raises contracts.errors.SnapshotMissing."""
    key = version, memory_mb or settings.ENGINE_MEMORY_MB
    with _opening:
        if key not in _open:
            _make_place()
            _open[key] = Store(
                versions.get(settings.DATASET_ROOT, version),
                memory_limit_mb=key[1],
                threads=settings.ENGINE_THREADS,
                observer=EngineFigures(),
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
    versions.sweep(settings.DATASET_ROOT)
