from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot import versions as snapshot
from contracts.snapshot.folders import LockedFolder
from contracts.snapshot.versions import Manifest, Snapshot, SourceReport

SOURCE = SourceReport(
    file="2024.csv",
    generation="S3",
    sha256="ab" * 32,
    size_bytes=10,
    read=6,
    imported=1,
    collapsed=1,
    unawarded=1,
    duplicates=1,
    rejected=2,
    rejected_by_reason={"invalid_amount": 2},
    repaired_by_reason={"invalid_date": 3},
)
MANIFEST = Manifest(
    version="20241121T024000Z-1f3a",
    created_at=datetime(2024, 11, 21, 2, 40, tzinfo=UTC),
    as_of=date(2024, 11, 21),
    rows=1,
    total_value=Decimal("1000.50"),
    flood_rows=0,
    flood_value=Decimal("0.00"),
    first_award=date(2024, 1, 1),
    last_award=None,
    sources=(SOURCE, SOURCE),
)


def publish(root: Path, version: str = MANIFEST.version, *, rows: int = 1) -> Snapshot:
    with snapshot.building(root, version) as folder:
        (folder / snapshot.DATABASE).write_text(version)
        return snapshot.publish(root, folder, replace(MANIFEST, version=version, rows=rows))


def test_published_snapshot_is_current_and_holds_what_was_built(tmp_path: Path) -> None:
    publish(tmp_path, "v1")
    published = publish(tmp_path, "v2")
    assert snapshot.current(tmp_path) == published == snapshot.get(tmp_path, "v2")
    assert published.database.read_text() == "v2"
    assert [s.version for s in snapshot.history(tmp_path)] == ["v2", "v1"]


def test_manifest_reads_back_as_it_was_published(tmp_path: Path) -> None:
    assert publish(tmp_path).manifest() == MANIFEST
    assert MANIFEST.rejected_by_reason == {"invalid_amount": 4}
    assert MANIFEST.repaired_by_reason == {"invalid_date": 6}
    assert SOURCE.accounted == SOURCE.read


def test_an_old_manifest_of_the_nine_column_flood_file_is_labelled(tmp_path: Path) -> None:
    data = MANIFEST.to_json()
    data["sources"][0]["generation"] = "flood"
    del data["sources"][0]["notes"]
    old, new = Manifest.from_json(data).sources
    assert (old.generation, [note.kind for note in old.notes]) == ("flood-derived", ["remark"])
    assert new == SOURCE


def test_build_that_is_not_published_leaves_nothing_and_keeps_the_current_version(tmp_path: Path) -> None:
    kept = publish(tmp_path, "v1")
    with snapshot.building(tmp_path, "v2") as folder:
        (folder / snapshot.DATABASE).write_text("half")
    assert snapshot.current(tmp_path) == kept
    assert {path.name for path in (tmp_path / "versions").iterdir()} == {"v1"}


def test_version_is_invisible_while_it_is_built(tmp_path: Path) -> None:
    with snapshot.building(tmp_path, "v1"):
        assert snapshot.history(tmp_path) == []
        with pytest.raises(SnapshotMissing):
            snapshot.get(tmp_path, "v1")


def test_nothing_imported_yet_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(NoDataset):
        snapshot.current(tmp_path)
    assert snapshot.history(tmp_path) == []
    assert snapshot.prune(tmp_path, keep=1, in_use=frozenset()) == []


@pytest.mark.parametrize(
    "version", ["v9", "", ".", "..", "../versions/v1", ".v1.building", "v1/", "v" * 5000, "v1\0"]
)
def test_version_that_is_not_on_disk_is_missing(tmp_path: Path, version: str) -> None:
    kept = publish(tmp_path, "v1")
    for look_up in (snapshot.get, snapshot.use):
        with pytest.raises(SnapshotMissing):
            look_up(tmp_path, version)
    assert snapshot.current(tmp_path) == kept


def test_another_version_can_be_used_back_and_forth(tmp_path: Path) -> None:
    publish(tmp_path, "v1")
    publish(tmp_path, "v2")
    for version in ("v1", "v2", "v2"):
        assert snapshot.use(tmp_path, version) == snapshot.current(tmp_path)
        assert snapshot.current(tmp_path).version == version
    assert {path.name for path in tmp_path.iterdir()} == {"current", "versions", ".lock"}


def test_a_version_is_used_or_pruned_and_never_both(tmp_path: Path) -> None:
    """Whoever wins, the current version is on disk."""
    for number in range(30):
        publish(tmp_path, f"v{number:02}")

    def choose(version: str) -> None:
        with contextlib.suppress(SnapshotMissing):
            snapshot.use(tmp_path, version)
            snapshot.current(tmp_path)

    with ThreadPoolExecutor(4) as threads:
        for number in range(28):
            threads.submit(choose, f"v{number:02}")
            threads.submit(snapshot.prune, tmp_path, keep=1, in_use=frozenset())
    assert snapshot.current(tmp_path).manifest().version == snapshot.current(tmp_path).version


@pytest.mark.parametrize("rows", [(0, 0, 0), (1, 1, 1), (3, 0, 2)])
def test_prune_never_takes_the_way_back_from_imports_that_went_wrong(
    tmp_path: Path, rows: tuple[int, ...]
) -> None:
    publish(tmp_path, "v0", rows=0)
    publish(tmp_path, "v1", rows=1000)
    for number, count in enumerate(rows, start=2):
        publish(tmp_path, f"v{number}", rows=count)
        prune_at_most(tmp_path)
    assert snapshot.get(tmp_path, "v1").manifest().rows == 1000
    snapshot.use(tmp_path, "v1")
    prune_at_most(tmp_path)
    assert snapshot.current(tmp_path).version == "v1"


def prune_at_most(root: Path) -> None:
    snapshot.prune(root, keep=1, in_use=frozenset())


def test_prune_keeps_what_was_current_before(tmp_path: Path) -> None:
    for version, rows in (("v1", 9), ("v2", 5), ("v3", 7), ("v4", 0), ("v5", 6)):
        publish(tmp_path, version, rows=rows)
    assert snapshot.prune(tmp_path, keep=1, in_use=frozenset()) == ["v4", "v2"]
    snapshot.use(tmp_path, "v3")
    assert snapshot.prune(tmp_path, keep=1, in_use=frozenset()) == []


def test_prune_keeps_the_newest_the_current_and_those_in_use(tmp_path: Path) -> None:
    for version in ("v1", "v2", "v3", "v4"):
        publish(tmp_path, version)
    (tmp_path / "current").write_text("v2")
    assert snapshot.prune(tmp_path, keep=1, in_use=frozenset({"v1"})) == ["v3"]
    assert [s.version for s in snapshot.history(tmp_path)] == ["v4", "v2", "v1"]


def test_versions_sort_by_the_time_of_their_import() -> None:
    start = datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC)
    versions = [snapshot.new_version(start + timedelta(seconds=n)) for n in range(3)]
    assert versions == sorted(versions)
    assert snapshot.new_version(start) != snapshot.new_version(start)


# --- what dies leaves nothing ----------------------------------------------------------------------------

BUILD_ONE = """
import sys, time
from pathlib import Path
from contracts.snapshot import versions
with versions.building(Path(sys.argv[1]), sys.argv[2]) as folder:
    (folder / versions.DATABASE).write_text("half")
    print("building", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def build_elsewhere(root: Path, version: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is building ``version``; killed at the end, if it lives."""
    command = [sys.executable, "-c", BUILD_ONE, str(root), version]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "building\n"
        try:
            yield process
        finally:
            process.kill()


def list_names(root: Path) -> set[str]:
    return {path.name for path in (root / "versions").iterdir()}


def begin_another(root: Path) -> None:
    with snapshot.building(root, "v3"):
        pass


def prune(root: Path) -> None:
    snapshot.prune(root, keep=5, in_use=frozenset())


@pytest.mark.parametrize("sweep", [begin_another, prune, snapshot.sweep])
def test_what_a_killed_import_left_goes_and_what_a_living_one_builds_stays(
    tmp_path: Path, sweep: Callable[[Path], None]
) -> None:
    publish(tmp_path, "v0")
    with build_elsewhere(tmp_path, "v1") as killed, build_elsewhere(tmp_path, "v2"):
        killed.kill()
        killed.wait()
        assert list_names(tmp_path) == {"v0", ".v1.building", ".v2.building"}
        sweep(tmp_path)
        assert list_names(tmp_path) == {"v0", ".v2.building"}


def leave_unpublished(root: Path, version: str) -> Path:
    """What an import leaves that is killed between its last two steps."""
    folder = root / "versions" / version
    folder.mkdir(parents=True)
    (folder / snapshot.MANIFEST).write_text("{}")
    (folder / snapshot.POINTER).write_text(version)
    return folder


def test_import_that_is_killed_before_its_version_is_current_has_published_nothing(tmp_path: Path) -> None:
    kept = publish(tmp_path, "v1")
    leave_unpublished(tmp_path, "v2")
    assert snapshot.history(tmp_path) == [kept]
    with pytest.raises(SnapshotMissing):
        snapshot.get(tmp_path, "v2")
    snapshot.sweep(tmp_path)
    assert list_names(tmp_path) == {"v1"}
    assert snapshot.current(tmp_path) == kept


def test_version_that_is_about_to_be_published_is_not_swept(tmp_path: Path) -> None:
    folder = LockedFolder(lambda: leave_unpublished(tmp_path, "v1"))
    snapshot.sweep(tmp_path)
    assert list_names(tmp_path) == {"v1"}
    folder.remove()


def test_version_that_cannot_become_current_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()  # nothing can be renamed to this
    with pytest.raises(IsADirectoryError):
        publish(tmp_path, "v1")
    assert list_names(tmp_path) == set()


def test_half_deleted_version_is_none_and_goes(tmp_path: Path) -> None:
    publish(tmp_path, "v1")
    publish(tmp_path, "v2")
    os.rename(tmp_path / "versions" / "v1", tmp_path / "versions" / ".v1.deleted")
    assert [s.version for s in snapshot.history(tmp_path)] == ["v2"]
    prune(tmp_path)
    assert list_names(tmp_path) == {"v2"}


def test_versions_are_pruned_once_by_many_at_once(tmp_path: Path) -> None:
    for number in range(40):
        publish(tmp_path, f"v{number:02}")
    with ThreadPoolExecutor(4) as threads:
        pruning = [
            threads.submit(snapshot.prune, tmp_path, keep=1, in_use=frozenset(["v07"])) for _ in range(4)
        ]
        pruned = [version for thread in pruning for version in thread.result()]
    assert sorted(pruned) == [f"v{number:02}" for number in range(38) if number != 7]
    assert list_names(tmp_path) == {"v07", "v38", "v39"}


def test_manifest_of_a_version_that_was_pruned_meanwhile_says_so(tmp_path: Path) -> None:
    old = publish(tmp_path, "v1")
    publish(tmp_path, "v2")
    publish(tmp_path, "v3")
    snapshot.prune(tmp_path, keep=1, in_use=frozenset())
    with pytest.raises(SnapshotMissing):
        old.manifest()
