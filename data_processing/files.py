"""Where result files live: partial names, publishing by rename, opening, removal. Knows no state of a run."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from data_processing.models import ExportFile

PARTIAL = ".part"


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A complete file under its final name; ``path`` is relative to the export folder."""

    path: str
    size_bytes: int
    sha256: str


def partial_path(run_id: uuid.UUID, *, attempt: int, suffix: str) -> Path:
    """Where one attempt may write. Attempts have files of their own, so a zombie cannot touch another's."""
    root: Path = settings.EXPORT_ROOT
    root.mkdir(parents=True, exist_ok=True)
    return root / f"{run_id}.{attempt}.{suffix}{PARTIAL}"


def publish(partial: Path) -> PublishedFile:
    """Make a complete file durable and give it its final name, atomically."""
    with partial.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    final = partial.with_name(partial.name.removesuffix(PARTIAL))
    os.replace(partial, final)
    return PublishedFile(path=final.name, size_bytes=final.stat().st_size, sha256=sha256)


def absolute_path(path: str) -> Path:
    root: Path = settings.EXPORT_ROOT
    return root / path


def remove(paths: Iterable[str]) -> None:
    """Remove files of the export folder; one that is gone already is no error."""
    for path in paths:
        absolute_path(path).unlink(missing_ok=True)


def remove_attempt(run_id: uuid.UUID, *, attempt: int) -> None:
    """Remove whatever one attempt wrote, partial or published."""
    root: Path = settings.EXPORT_ROOT
    remove(path.name for path in root.glob(f"{run_id}.{attempt}.*"))


def find_orphans(*, older_than: float) -> list[Path]:
    """Files that no ExportFile row names and that were last written before ``older_than`` (Unix seconds):
    left by an attempt that was killed."""
    root: Path = settings.EXPORT_ROOT
    if not root.is_dir():
        return []
    old = [path for path in root.iterdir() if path.stat().st_mtime < older_than]
    names = [path.name for path in old]
    known = set(ExportFile.objects.filter(path__in=names, deleted_at=None).values_list("path", flat=True))
    return [path for path in old if path.name not in known]
