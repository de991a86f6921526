"""What a backup holds, with a checksum of each of its files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

NAME = "manifest.json"


class BackupError(Exception):
    """Why a backup cannot be made, or not be used, in a sentence for operators."""


@dataclass(frozen=True, kw_only=True)
class BackupFile:
    """``path`` is below the folder of the backup."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """``database`` is the vendor, ``server`` its version, ``migrations`` all that were applied,
    ``dataset`` the current version, None where there was none."""

    made_at: datetime
    database: str
    server: str
    migrations: tuple[str, ...]
    dataset: str | None
    files: tuple[BackupFile, ...]


_ADAPTER = TypeAdapter(Manifest)


def describe_files(folder: Path) -> tuple[BackupFile, ...]:
    """All files below the folder as they are on disk."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(
        BackupFile(
            path=path.relative_to(folder).as_posix(), size_bytes=path.stat().st_size, sha256=_add_up(path)
        )
        for path in paths
    )


def write(folder: Path, manifest: Manifest) -> None:
    (folder / NAME).write_bytes(_ADAPTER.dump_json(manifest, indent=2))


def read_checked(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all there and as they were written. Raises BackupError."""
    try:
        manifest = _ADAPTER.validate_json((folder / NAME).read_bytes())
    except FileNotFoundError:
        raise BackupError(f"{folder} is no backup: it has no {NAME}") from None
    except ValidationError as error:
        raise BackupError(f"{folder / NAME} cannot be read: {error}") from error
    for file in manifest.files:
        _check(folder / file.path, file)
    return manifest


def _check(path: Path, file: BackupFile) -> None:
    if not path.is_file():
        raise BackupError(f"{path} is missing")
    # The size first: it tells half a copy without reading gigabytes.
    if path.stat().st_size != file.size_bytes or _add_up(path) != file.sha256:
        raise BackupError(f"{path} is not as it was written: size or checksum differ")


def _add_up(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
