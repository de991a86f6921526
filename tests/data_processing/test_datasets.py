"""The stores that a process keeps open: few, and none of them closed while somebody reads it."""

from __future__ import annotations

import os
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contracts.engine import spill
from contracts.engine.store import Reader
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation, Page, Query, Sort
from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from data_processing import datasets
from tests.datasets import AWARDS, publish_awards, publish_many_awards


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def open_many(root: Path, count: int) -> None:
    """Open so many versions and ask each something."""
    for _ in range(count):
        with datasets.open_store(publish_awards(root).version).reader() as reader:
            assert reader.count(Filters(include_flood_control=True)).rows == len(AWARDS)


def publish_two(root: Path) -> Snapshot:
    """The second of two new versions: the one before the current is never pruned."""
    publish_awards(root)
    return publish_awards(root)


def ask_everything(reader: Reader) -> list[object]:
    """Answers that need every file of a version."""
    filters = Filters(keywords=("flood",))
    by_amount = Query(filters=filters, sort=Sort(field="contract_amount"), columns=("id",))
    by_day = Query(columns=("id",), sort=Sort(field="award_date", descending=False))
    return [
        reader.aggregate(Aggregation(filters=filters)),
        reader.search(by_amount, Page(number=1, size=5)),
        reader.search(by_day, Page(number=1, size=5)),
        reader.count(Filters(keywords=("chairs",), include_flood_control=True)),
        reader.stream(by_amount).read_all(),
        reader.suggest("contractors", "o"),
    ]


def test_stores_that_fall_out_give_everything_back(dataset: Snapshot, settings: Settings) -> None:
    open_many(settings.DATASET_ROOT, datasets.KEPT_OPEN)
    before = len(os.listdir("/proc/self/fd"))
    open_many(settings.DATASET_ROOT, 30)
    assert len(os.listdir("/proc/self/fd")) <= before
    folders = list(Path(tempfile.gettempdir()).glob(f"{spill.PREFIX}*"))
    assert len(folders) == datasets.KEPT_OPEN


def test_a_store_that_falls_out_goes_on_for_its_readers(dataset: Snapshot, settings: Settings) -> None:
    version = dataset.version
    with datasets.open_store(version).reader() as reader, datasets.open_store(version).reader() as other:
        open_many(settings.DATASET_ROOT, datasets.KEPT_OPEN)
        assert ask_everything(reader) == ask_everything(other)


def test_readers_of_a_version_that_is_pruned_go_on(dataset: Snapshot, settings: Settings) -> None:
    """Although nothing was asked before it was deleted, so that nothing had to be open."""
    with datasets.open_store(dataset.version).reader() as reader:
        newer = publish_two(settings.DATASET_ROOT)
        versions.prune(settings.DATASET_ROOT, keep=1, in_use=frozenset())
        assert not dataset.path.exists()
        with datasets.open_store(newer.version).reader() as other:
            assert ask_everything(reader) == ask_everything(other)


def test_a_pruned_version_is_let_go_with_the_next_that_is_opened(
    dataset: Snapshot, settings: Settings
) -> None:
    open_many(settings.DATASET_ROOT, 1)
    datasets.open_store(dataset.version)
    newer = publish_two(settings.DATASET_ROOT)
    versions.prune(settings.DATASET_ROOT, keep=1, in_use=frozenset())
    datasets.open_store(newer.version)
    descriptors = Path("/proc/self/fd")
    names = [os.readlink(path) for path in descriptors.iterdir() if path.is_symlink()]
    assert [name for name in names if name.endswith("contracts.duckdb (deleted)")] == []


def test_a_worker_that_starts_sweeps_what_killed_imports_left(dataset: Snapshot, settings: Settings) -> None:
    left = settings.DATASET_ROOT / "versions" / ".20250101T000000000Z-0000.building"
    left.mkdir()
    datasets.sweep_left()
    assert not left.exists()


# --- which version is used -------------------------------------------------------------------------------


def run(command: str, *arguments: str) -> str:
    said = StringIO()
    call_command(command, *arguments, stdout=said)
    return said.getvalue()


def test_use_dataset_lists_what_there_is_and_leads_back(
    dataset: Snapshot, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    newer = publish_many_awards(settings.DATASET_ROOT, 3)
    first, second = run("use_dataset").splitlines()
    assert first.startswith(f"* {newer.version}  imported 20")
    assert second.startswith(f"  {dataset.version}")
    for line, manifest in ((first, newer.manifest()), (second, dataset.manifest())):
        assert line.endswith(f"{manifest.rows} contracts  ₱{manifest.total_value:,.2f}")
    with caplog.at_level("INFO"):
        said = run("use_dataset", dataset.version)
    assert f"{dataset.version}  imported" in said.splitlines()[0]
    assert f"`use_dataset {newer.version}` leads back" in said
    assert f"{dataset.version} is current now, chosen by shell:" in caplog.text
    assert datasets.current_snapshot() == dataset
    assert run("use_dataset").splitlines()[1].startswith(f"* {dataset.version}")


def test_open_stores_follow_the_version_that_is_used(dataset: Snapshot, settings: Settings) -> None:
    """As those of a web process do, which reads with every request what is current."""

    def count() -> int:
        with datasets.current_store().reader() as reader:
            return reader.count(Filters(include_flood_control=True)).rows

    publish_many_awards(settings.DATASET_ROOT, 3)
    assert count() == 3
    datasets.use_version(dataset.version, by="ana")
    assert count() == len(AWARDS)


def test_use_dataset_names_the_versions_when_there_is_no_such(dataset: Snapshot) -> None:
    with pytest.raises(CommandError, match=r"'v0' is not on disk.*there are:") as caught:
        run("use_dataset", "v0")
    assert dataset.version in str(caught.value)
    assert datasets.current_snapshot() == dataset


def test_use_dataset_says_when_nothing_was_imported(tmp_path: Path, settings: Settings) -> None:
    settings.DATASET_ROOT = tmp_path / "none"
    assert run("use_dataset") == "no dataset has been imported yet\n"
    with pytest.raises(CommandError, match="no dataset has been imported yet"):
        run("use_dataset", "v0")
