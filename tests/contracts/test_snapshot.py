from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from contracts import snapshot
from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot import Manifest, Snapshot, SourceReport

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
    rejected_by_reason={"invalid_date": 2},
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


def publish(root: Path, version: str = MANIFEST.version) -> Snapshot:
    with snapshot.building(root, version) as folder:
        (folder / snapshot.DATABASE).write_text(version)
        return snapshot.publish(root, folder, replace(MANIFEST, version=version))


def test_published_snapshot_is_current_and_holds_what_was_built(tmp_path: Path) -> None:
    publish(tmp_path, "v1")
    published = publish(tmp_path, "v2")
    assert snapshot.current(tmp_path) == published == snapshot.find(tmp_path, "v2")
    assert published.database.read_text() == "v2"
    assert [s.version for s in snapshot.history(tmp_path)] == ["v2", "v1"]


def test_manifest_reads_back_as_it_was_published(tmp_path: Path) -> None:
    assert publish(tmp_path).manifest() == MANIFEST
    assert MANIFEST.rejected_by_reason == {"invalid_date": 4}
    assert SOURCE.accounted == SOURCE.read


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
            snapshot.find(tmp_path, "v1")


def test_nothing_imported_yet_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(NoDataset):
        snapshot.current(tmp_path)
    assert snapshot.history(tmp_path) == []
    assert snapshot.prune(tmp_path, keep=1, in_use=frozenset()) == []


@pytest.mark.parametrize("version", ["v9", "", ".", "..", "../versions/v1", ".v1.building"])
def test_version_that_is_not_on_disk_is_missing(tmp_path: Path, version: str) -> None:
    publish(tmp_path, "v1")
    with pytest.raises(SnapshotMissing):
        snapshot.find(tmp_path, version)


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
