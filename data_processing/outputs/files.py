"""Where result files live: partial names, publishing, reading, removal.

Files are written in the export folder. Published, they stay there, or go to the object store that the
setting STORAGES names "exports".
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import time
import uuid
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.utils.http import content_disposition_header

from data_processing.models import ExportFile

logger = logging.getLogger(__name__)

PARTIAL = ".part"
CHUNK_BYTES = 256 * 1024
SIGNED_FOR_S = 600
"""Long enough to begin a download; one that has begun goes on."""
STORE_ERRORS = (OSError, BotoCoreError, ClientError)
"""What any call to the folder or the object store may raise."""


@dataclass(frozen=True, kw_only=True)
class PublishedFile:
    """A complete file under its final name; ``path`` is relative to the export folder or store."""

    path: str
    size_bytes: int
    sha256: str


def partial_name(run_id: uuid.UUID, *, attempt: int, suffix: str) -> str:
    """What one attempt may write. Attempts have files of their own, so a zombie cannot touch another's."""
    return f"{run_id}.{attempt}.{suffix}{PARTIAL}"


def final_name(partial: str) -> str:
    """What a file of this partial name is called once it is published."""
    return partial.removesuffix(PARTIAL)


def partial_path(run_id: uuid.UUID, *, attempt: int, suffix: str) -> Path:
    """Where one attempt may write, in a folder that is there."""
    path = absolute_path(partial_name(run_id, attempt=attempt, suffix=suffix))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def publish(partial: Path, *, sha256: str | None = None) -> PublishedFile:
    """Make a complete file durable and give it its final name, atomically: by renaming it, or by one upload,
    whose object a store shows only when all of it is there. ``sha256`` is its digest where that is known."""
    with partial.open("rb") as file:
        sha256 = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
        # Before it is renamed: the name may reach the disk first, and a crash of the machine comes between.
        os.fsync(file.fileno())
    size_bytes = partial.stat().st_size
    final = partial.with_name(final_name(partial.name))
    bucket = _bucket()
    if bucket is None:
        os.replace(partial, final)
    else:
        with partial.open("rb") as file:
            bucket.save(final.name, File(file))
        partial.unlink()
    return PublishedFile(path=final.name, size_bytes=size_bytes, sha256=sha256)


def has_bucket() -> bool:
    """Whether published files go to an object store; otherwise they stay in the export folder."""
    return "exports" in settings.STORAGES


def _bucket() -> Any:
    # Any: django-storages has no types.
    return storages["exports"] if has_bucket() else None


def absolute_path(path: str) -> Path:
    root: Path = settings.EXPORT_ROOT
    return root / path


def is_there(path: str) -> bool:
    bucket = _bucket()
    return absolute_path(path).is_file() if bucket is None else bucket.exists(path)


def read_chunks(path: str, start: int, stop: int) -> Generator[bytes]:
    """The bytes from ``start`` to before ``stop`` of a published file; never more than a chunk in memory. Who
    does not read to the end closes it."""
    bucket = _bucket()
    if bucket is not None:
        wanted = f"bytes={start}-{stop - 1}"
        with contextlib.closing(bucket.bucket.Object(path).get(Range=wanted)["Body"]) as body:
            yield from body.iter_chunks(CHUNK_BYTES)
        return
    # Python's buffer would copy each chunk once more.
    with absolute_path(path).open("rb", buffering=0) as file:
        file.seek(start)
        while start < stop and (chunk := file.read(min(CHUNK_BYTES, stop - start))):
            start += len(chunk)
            yield chunk


def sign_url(path: str, *, name: str, content_type: str) -> str:
    """An address of the object store that gives the file, under ``name``, to whoever has it for a while."""
    parameters = {
        "ResponseContentDisposition": content_disposition_header(True, name),
        "ResponseContentType": content_type,
    }
    url: str = _bucket().url(path, parameters=parameters, expire=SIGNED_FOR_S)
    return url


def remove(paths: Iterable[str]) -> None:
    """Remove files, partial or published; one that is gone already is no error. Raises STORE_ERRORS."""
    bucket = _bucket()
    for path in paths:
        absolute_path(path).unlink(missing_ok=True)
        if bucket is not None:
            bucket.delete(path)


def discard(paths: Iterable[str]) -> None:
    """Remove files that no row names any more. What the folder or the store refuses is logged and left to the
    search for orphans."""
    try:
        remove(paths)
    except STORE_ERRORS as error:
        logger.warning("files are left to the cleanup, which finds that nobody names them: %s", error)


def discard_attempt(partials: Sequence[str], *, published: bool) -> None:
    """As ``discard``, of what an attempt may have written under these partial names; ``published``: some may
    have their final names by now, or lie in the store."""
    # Nothing is looked for: an attempt knows its files, and a list of the store is long and may be refused.
    try:
        for name in partials:
            absolute_path(name).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("partial files are left to the cleanup: %s", error)
    if published:
        discard(map(final_name, partials))


def count_partial_bytes() -> int:
    """What the files in the making take, of all workers."""
    root: Path = settings.EXPORT_ROOT
    if not root.is_dir():
        return 0
    with os.scandir(root) as entries:
        return sum(_size_of(entry) for entry in entries if entry.name.endswith(PARTIAL))


def list_orphans(*, older_than: float) -> list[str]:
    """Files that no ExportFile row names and that were last written before ``older_than`` (Unix seconds):
    left by an attempt that was killed. Raises STORE_ERRORS."""
    names = _list_names()
    known = set(ExportFile.objects.filter(path__in=names, deleted_at=None).values_list("path", flat=True))
    return [name for name in names if name not in known and _written_at(name) < older_than]


def _list_names() -> list[str]:
    """All files, partial and published."""
    root: Path = settings.EXPORT_ROOT
    local = [path.name for path in root.iterdir()] if root.is_dir() else []
    bucket = _bucket()
    return local if bucket is None else [*local, *bucket.listdir("")[1]]


def _size_of(entry: os.DirEntry[str]) -> int:
    """0 where the file has just gone."""
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def _written_at(name: str) -> float:
    """Unix seconds; now where the file has just gone."""
    try:
        return absolute_path(name).stat().st_mtime
    except FileNotFoundError:
        bucket = _bucket()
        if bucket is None or not bucket.exists(name):
            return time.time()
        written: float = bucket.get_modified_time(name).timestamp()
        return written
