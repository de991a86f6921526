"""Immutable dataset snapshots on disk and the atomic pointer to the current one.

Layout under the dataset root::

    current                       text: the name of the current version
    versions/.<version>.building/ being built, locked by the import (contracts.snapshot.folders)
    versions/.<version>.deleted/  being deleted
    versions/<version>/contracts.duckdb
    versions/<version>/manifest.json
    versions/<version>/rejects.csv
    versions/<version>/repairs.csv
    versions/<version>/words/     the word index (contracts.snapshot.words)
    versions/<version>/rows/      what is kept of every contract as arrays (contracts.snapshot.rows)
    versions/<version>/numbers/   the index of their numbers (contracts.snapshot.numbers)
    versions/<version>/lines/     the raw rows of every contract (contracts.snapshot.lines)
    versions/<version>/anomalies.zip   the model of anomalies, made later (contracts.anomalies.model)

A version is built under a hidden name beside the others and renamed when it is complete, so that a
reader sees a whole version or none.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot.folders import LOCK, LockedFolder, lock_abandoned, locked, remove_abandoned

CURRENT, VERSIONS = "current", "versions"
DATABASE, MANIFEST, REJECTS, REPAIRS = "contracts.duckdb", "manifest.json", "rejects.csv", "repairs.csv"
WORDS, ROWS, NUMBERS, LINES = "words", "rows", "numbers", "lines"
ANOMALIES = "anomalies.zip"
BUILDING, DELETED = ".building", ".deleted"
SAMPLE = "sample"
"""The kind of note that says that the contracts of a file are invented."""
POINTER = ".current"
"""What becomes ``current``, in a version that is about to be published."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something to know of a raw file beside the fates of its rows. ``kind`` is a word for programs
    (``ignored_column``, ``left_out_sheet``...), ``subject`` what it is about, such as the name of a column,
    ``text`` a sentence for people."""

    kind: str
    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class SourceReport:
    """What became of the rows of one raw file; ``read`` equals the sum of the five fates.
    ``repaired_by_reason`` counts cells of imported awards that became missing values. ``notes`` tell what was
    left out and what was found out about the file. ``encoding`` is that of a text file, None for workbooks;
    ``mixed_characters`` were in another one than the rest of the file, ``replaced_characters`` in none that
    is known: these are U+FFFD now.
    """

    file: str
    generation: str
    sha256: str
    size_bytes: int
    read: int
    imported: int
    collapsed: int
    unawarded: int
    duplicates: int
    rejected: int
    rejected_by_reason: dict[str, int]
    repaired_by_reason: dict[str, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    encoding: str | None = None
    mixed_characters: int = 0
    replaced_characters: int = 0

    @property
    def accounted(self) -> int:
        return self.imported + self.collapsed + self.unawarded + self.duplicates + self.rejected

    @property
    def sample(self) -> bool:
        """Whether the file says that its contracts are invented."""
        return any(note.kind == SAMPLE for note in self.notes)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a snapshot holds. ``total_value`` is pesos; ``flood_*`` is the share of the second source."""

    version: str
    created_at: datetime
    as_of: date
    rows: int
    total_value: Decimal
    flood_rows: int
    flood_value: Decimal
    first_award: date | None
    last_award: date | None
    sources: tuple[SourceReport, ...]

    @property
    def sample(self) -> bool:
        """Whether contracts of it are invented: some of them are enough. What an older program imported does
        not say it and counts as real."""
        # Kept as notes of the files, which older programs read, and not as a member, which they refuse.
        return any(source.sample for source in self.sources)

    @property
    def rejected_by_reason(self) -> dict[str, int]:
        return _add_up(source.rejected_by_reason for source in self.sources)

    @property
    def repaired_by_reason(self) -> dict[str, int]:
        return _add_up(source.repaired_by_reason for source in self.sources)

    def to_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "created_at": self.created_at.isoformat(),
            "as_of": self.as_of.isoformat(),
            "total_value": str(self.total_value),
            "flood_value": str(self.flood_value),
            "first_award": self.first_award.isoformat() if self.first_award else None,
            "last_award": self.last_award.isoformat() if self.last_award else None,
            "sources": [asdict(source) for source in self.sources],
            "rejected_by_reason": self.rejected_by_reason,
            "repaired_by_reason": self.repaired_by_reason,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        # Written for readers of the JSON; here they follow from the sources.
        known = {name: value for name, value in data.items() if not name.endswith("_by_reason")}
        return cls(
            **{
                **known,
                "created_at": datetime.fromisoformat(data["created_at"]),
                "as_of": date.fromisoformat(data["as_of"]),
                "total_value": Decimal(data["total_value"]),
                "flood_value": Decimal(data["flood_value"]),
                "first_award": date.fromisoformat(data["first_award"]) if data["first_award"] else None,
                "last_award": date.fromisoformat(data["last_award"]) if data["last_award"] else None,
                "sources": tuple(_read_source(source) for source in data["sources"]),
            }
        )


def _read_source(data: dict[str, Any]) -> SourceReport:
    if "notes" not in data and data["generation"] == "flood":
        data = {**data, "generation": "flood-derived", "notes": [asdict(_OLD_DERIVATIVE)]}
    # Members with a default are younger than some manifests, which lack them.
    return SourceReport(**{**data, "notes": tuple(Note(**note) for note in data.get("notes", ()))})


# Manifests without notes were written when this was the only flood-control file that could be read.
_OLD_DERIVATIVE = Note(
    kind="remark",
    subject="flood-derived",
    text="nine columns that somebody has derived from the published file: a part of its rows; the award_date"
    " of these contracts is the day of completion, until the file is imported again",
)


def _add_up(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


@dataclass(frozen=True)
class Snapshot:
    """One complete version on disk."""

    path: Path

    @property
    def version(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / DATABASE

    @property
    def words(self) -> Path:
        return self.path / WORDS

    @property
    def rows(self) -> Path:
        return self.path / ROWS

    @property
    def numbers(self) -> Path:
        return self.path / NUMBERS

    @property
    def lines(self) -> Path:
        return self.path / LINES

    @property
    def anomalies(self) -> Path:
        """Not of the import: a model may be made, and made again, for as long as the version is there."""
        return self.path / ANOMALIES

    @property
    def rejects(self) -> Path:
        return self.path / REJECTS

    @property
    def repairs(self) -> Path:
        return self.path / REPAIRS

    def manifest(self) -> Manifest:
        """What it holds. Raises SnapshotMissing where it was pruned meanwhile."""
        try:
            text = (self.path / MANIFEST).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise SnapshotMissing(f"dataset version {self.version!r} is not on disk any more") from None
        return Manifest.from_json(json.loads(text))


def current(root: Path) -> Snapshot:
    """The current snapshot. Raises NoDataset where nothing has been imported."""
    return get(root, _read_current(root))


def _read_current(root: Path) -> str:
    try:
        return (root / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise NoDataset("no dataset has been imported yet") from None


def get(root: Path, version: str) -> Snapshot:
    """The snapshot named ``version``. Raises SnapshotMissing."""
    snapshot = Snapshot(root / VERSIONS / version)
    # The name may come from an address: it is looked up, because a path can be made of anything.
    if version.startswith(".") or version not in _list_folders(root) or not _is_published(snapshot.path):
        raise SnapshotMissing(f"dataset version {version!r} is not on disk")
    return snapshot


def history(root: Path) -> list[Snapshot]:
    """All complete versions, newest first."""
    # Hidden ones are being built or deleted. Names begin with the time, so that they sort by it.
    names = [name for name in _list_folders(root) if not name.startswith(".")]
    folders = [root / VERSIONS / name for name in sorted(names, reverse=True)]
    return [Snapshot(folder) for folder in folders if _is_published(folder)]


def _list_folders(root: Path) -> list[str]:
    try:
        return os.listdir(root / VERSIONS)
    except FileNotFoundError:
        return []


def _is_published(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() and not (folder / POINTER).exists()


def new_version(created_at: datetime) -> str:
    """A name that sorts by time and is unique: ``20261121T024000123Z-1f3a``."""
    # The random end: several imports may begin in one millisecond.
    return f"{created_at:%Y%m%dT%H%M%S}{created_at.microsecond // 1000:03}Z-{secrets.token_hex(2)}"


@contextlib.contextmanager
def building(root: Path, version: str) -> Iterator[Path]:
    """A folder to build ``version`` in; whatever is left in it afterwards is removed.

    After a SIGKILL it stays until the next import, or ``sweep``, finds that nobody holds its lock.
    """
    sweep(root)
    folder = LockedFolder(lambda: _make_folder(root / VERSIONS / f".{version}{BUILDING}"))
    try:
        yield folder.path
    finally:
        folder.remove()


def _make_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def publish(root: Path, folder: Path, manifest: Manifest) -> Snapshot:
    """Turn a finished building folder into a version and point ``current`` at it, by one rename."""
    text = json.dumps(manifest.to_json(), indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    # A version that still holds the pointer is none (_is_published), so that the one rename which moves it
    # out makes the version complete and current at once: whoever dies before has published nothing.
    (folder / POINTER).write_text(manifest.version, encoding="utf-8")
    target = root / VERSIONS / manifest.version
    os.rename(folder, target)
    try:
        os.replace(target / POINTER, root / CURRENT)
    except OSError:
        # Back to where the end of ``building`` removes it.
        os.rename(target, folder)
        raise
    # Not before: a sweep deletes a version with a pointer unless it is locked.
    (target / LOCK).unlink(missing_ok=True)
    return Snapshot(target)


def use(root: Path, version: str) -> Snapshot:
    """Make ``version`` the current one, by one rename. Raises SnapshotMissing, and then the old one stays."""
    with _choosing(root):
        snapshot = get(root, version)
        pointer = root / f"{POINTER}.{secrets.token_hex(4)}"
        pointer.write_text(version, encoding="utf-8")
        os.replace(pointer, root / CURRENT)
        return snapshot


def _choosing(root: Path) -> contextlib.AbstractContextManager[None]:
    """Between the look at a version and the rename that makes it current, nobody prunes it."""
    # There is nothing to choose from before the first import, but a missing folder cannot be locked.
    root.mkdir(parents=True, exist_ok=True)
    return locked(root)


def prune(root: Path, *, keep: int, in_use: frozenset[str]) -> list[str]:
    """Delete all but the ``keep`` newest versions, the current one, those ``in_use`` and the ways back, and
    return the names of the deleted. Readers that have one open go on.

    The ways back are the last version before the current one that holds contracts, and the one that holds
    most.
    """
    # Three imports that had gone wrong, and the hourly pruning had deleted the only good version
    # (docs/decisions/0023).
    sweep(root)
    with _choosing(root):
        versions = history(root)
        kept = {*in_use, *(s.version for s in versions[:keep]), *_list_ways_back(root, versions)}
        doomed = [snapshot for snapshot in versions if snapshot.version not in kept]
        return [snapshot.version for snapshot in doomed if _delete(snapshot.path)]


def _list_ways_back(root: Path, versions: list[Snapshot]) -> list[str]:
    """The current version and the ways back, of ``versions`` from the newest to the oldest."""
    if not (root / CURRENT).exists():
        return []
    now = _read_current(root)
    rows = {snapshot.version: snapshot.manifest().rows for snapshot in versions}
    earlier = [version for version, count in rows.items() if count and version < now]
    return [now, *earlier[:1], *([max(rows, key=lambda version: rows[version])] if rows else [])]


def sweep(root: Path) -> None:
    """Delete what processes that died left half built or half deleted. Any number may sweep at once."""
    for name in _list_folders(root):
        folder = root / VERSIONS / name
        if name.endswith(DELETED):
            # Without a lock: several that delete the same files are no worse than one.
            shutil.rmtree(folder, ignore_errors=True)
        elif name.endswith(BUILDING):
            remove_abandoned(folder)
        elif (folder / POINTER).exists():
            # Its import died between the two renames of ``publish``, or is about to do the second: then the
            # pointer is gone once the lock is ours.
            with lock_abandoned(folder) as dead:
                if dead and (folder / POINTER).exists():
                    _delete(folder)


def _delete(version: Path) -> bool:
    """Delete a version as a whole. False where somebody else was first."""
    # Under a hidden name first, because nobody may see the half of it.
    hidden = version.with_name(f".{version.name}{DELETED}")
    try:
        os.rename(version, hidden)
    except FileNotFoundError:
        return False
    shutil.rmtree(hidden, ignore_errors=True)
    return True
