"""The import as a whole: what it publishes, what it tells on the way, and what it leaves when it fails."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.engine.store import Store
from contracts.errors import BadFile, ContractsError, OutOfSpace
from contracts.ingest import DateOrder, import_files
from contracts.ingest.workbooks import xlsx_files
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.snapshot import versions as snapshots
from tests.contracts.ingest.importing_child import ImportingChild
from tests.contracts.ingest.raw_files import (
    AS_OF,
    S3,
    UNAWARDED,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_repairs,
    write_csv,
    write_flood,
    write_s3,
    write_xlsx,
)


def list_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


def test_an_import_becomes_the_current_version(tmp_path: Path) -> None:
    root = tmp_path / "data"
    first = import_all(root, write_s3(tmp_path / "raw.csv", {}))
    second = import_all(root, write_s3(tmp_path / "raw.csv", {}, {"Bid Reference No.": "2"}))
    assert snapshots.current(root) == second
    assert {version.path for version in snapshots.history(root)} == {first.path, second.path}
    assert (len(read_contracts(first)), len(read_contracts(second))) == (1, 2)


def test_a_version_holds_its_files_and_nothing_else(tmp_path: Path) -> None:
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", {}))
    names = sorted(path.name for path in snapshot.path.iterdir())
    indexes = ["lines", "numbers", "rows", "words"]
    assert names == sorted(["contracts.duckdb", "manifest.json", "rejects.csv", "repairs.csv", *indexes])


def test_the_manifest_says_what_there_is_and_where_it_comes_from(tmp_path: Path) -> None:
    files = [
        write_s3(tmp_path / "2022.csv", {"Closing Date": "soon"}, UNAWARDED, {"Contract Amount": "soon"}),
        write_flood(tmp_path / "flood.csv", {}),
    ]
    manifest = import_all(tmp_path / "data", *files).manifest()
    assert (manifest.rows, str(manifest.total_value)) == (2, "1600.00")
    assert (str(manifest.first_award), str(manifest.last_award)) == ("2022-05-17", "2022-05-17")
    assert manifest.as_of == AS_OF
    assert manifest.rejected_by_reason == {"invalid_amount": 1}
    assert manifest.repaired_by_reason == {"invalid_date": 1}
    for source, file in zip(manifest.sources, files, strict=True):
        assert source.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert source.size_bytes == file.stat().st_size


def test_an_import_can_be_searched(tmp_path: Path) -> None:
    snapshot = import_all(
        tmp_path / "data", write_s3(tmp_path / "raw.csv", {"Award Title": "Repair of road"})
    )
    store = Store(snapshot)
    with store.reader() as reader:
        assert reader.count(Filters(keywords=("road",))).rows == 1
        assert reader.count(Filters(keywords=("bridge",))).rows == 0
    store.close()


def test_files_without_awards_make_an_empty_version(tmp_path: Path) -> None:
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", UNAWARDED))
    manifest = snapshot.manifest()
    assert (manifest.rows, str(manifest.total_value), manifest.first_award) == (0, "0.00", None)
    for report in (snapshot.rejects, snapshot.repairs):
        assert report.read_text(encoding="utf-8") == "file,row,column,value,reason\n"


def test_the_reports_go_by_file_and_row(tmp_path: Path) -> None:
    kinds: list[dict[str, str]] = [{"Contract Amount": "0"}, {"Award Date": "soon"}]
    rows = [{**kinds[n % 2], "Award No.": f"{n}1"} for n in range(4)]
    more = [{**row, "Bid Reference No.": "2"} for row in rows]
    files = [
        write_s3(tmp_path / "z.csv", *rows),
        write_xlsx(tmp_path / "a.xlsx", [["above"], S3, *make_rows(S3, more)]),
    ]
    snapshot = import_all(tmp_path / "data", *files)
    rejected, repaired = read_rejects(snapshot), read_repairs(snapshot)
    assert [line[:2] for line in rejected] == [("z.csv", 2), ("z.csv", 4), ("a.xlsx", 3), ("a.xlsx", 5)]
    assert [line[:2] for line in repaired] == [("z.csv", 3), ("z.csv", 5), ("a.xlsx", 4), ("a.xlsx", 6)]


def write_bad_files(folder: Path) -> dict[str, list[Path]]:
    good = write_s3(folder / "good.csv", {})
    (folder / "other").mkdir()
    twin = write_s3(folder / "other" / "good.csv", {})
    missing = folder / "missing.csv"
    odd = folder / "page.csv"
    odd.write_bytes(b"<!DOCTYPE html><html>")
    broken = folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    undecided = write_s3(folder / "undecided.csv", {"Award Date": "05/06/2024"})
    bad_files = (missing, odd, broken, undecided)
    return {"two files have this name": [good, twin], **{path.name: [good, path] for path in bad_files}}


@pytest.mark.parametrize(
    "culprit", ["two files have this name", "missing.csv", "page.csv", "broken.xlsx", "undecided.csv"]
)
def test_a_failed_import_leaves_everything_as_it_was(tmp_path: Path, culprit: str) -> None:
    root = tmp_path / "data"
    import_all(root, write_s3(tmp_path / "before.csv", {}))
    before = list_files(root)
    with pytest.raises(BadFile, match=culprit):
        import_all(root, *write_bad_files(tmp_path)[culprit])
    assert list_files(root) == before


def test_an_import_without_room_leaves_everything_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "data"
    import_all(root, write_s3(tmp_path / "before.csv", {}))
    before = list_files(root)
    file = write_s3(tmp_path / "raw.csv", {})
    with pytest.raises(OutOfSpace) as caught:
        list(import_files([file], root=root, as_of=AS_OF, memory_limit_mb=1))
    assert caught.value.retryable
    assert list_files(root) == before


def test_an_import_can_be_stopped_at_any_step(tmp_path: Path) -> None:
    root = tmp_path / "data"
    import_all(root, write_s3(tmp_path / "before.csv", {}))
    before = list_files(root)
    file = write_s3(tmp_path / "raw.csv", {})
    steps = len(list(import_files([file], root=tmp_path / "whole", as_of=AS_OF)))
    assert steps > 3
    for stop in range(1, steps + 1):
        work = import_files([file], root=root, as_of=AS_OF)
        for _ in range(stop):
            next(work)
        work.close()
        assert list_files(root) == before


def test_progress_never_falls_within_a_phase_and_ends_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_files, "BATCH_ROWS", 400)
    rows = make_rows(S3, [{"Bid Reference No.": str(number)} for number in range(20_000)])
    files = [
        write_xlsx(tmp_path / "a.xlsx", [S3, *rows[:900]]),
        write_s3(tmp_path / "empty.csv"),
        write_csv(tmp_path / "b.csv", [S3, *rows]),
    ]
    steps = list(import_files(files, root=tmp_path / "data", as_of=AS_OF, accept_losses=True))
    phases = {step.phase: [other for other in steps if other.phase == step.phase] for step in steps}
    assert list(phases) == ["reading", "building"]
    for progress in phases.values():
        assert [step.current for step in progress] == sorted(step.current for step in progress)
        last = progress[-1]
        assert last == Progress(phase=last.phase, current=last.total, total=last.total, unit=last.unit)
    assert phases["reading"][-1].total == sum(file.stat().st_size for file in files)


def test_the_names_of_date_orders_are_what_the_error_asks_for(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Date": "05/06/2024"})
    with pytest.raises(ContractsError) as caught:
        import_all(tmp_path / "data", file)
    assert all(order.value in str(caught.value) for order in DateOrder)


def test_a_folder_with_a_quote_in_its_name_is_no_problem(tmp_path: Path) -> None:
    snapshot = import_all(
        tmp_path / "o'brien", write_s3(tmp_path / "it's.csv", {}, {"Contract Amount": "soon"})
    )
    assert (read_contracts(snapshot)[0]["source_file"], len(read_rejects(snapshot))) == ("it's.csv", 1)


# --- what dies, and what has no room ---------------------------------------------------------------------

IMPORT_ONE = """
import sys, time
from datetime import date
from pathlib import Path
from contracts.ingest import import_files
work = import_files([Path(sys.argv[1])], root=Path(sys.argv[2]), as_of=date(2025, 11, 13))
for _ in range(int(sys.argv[3])):
    next(work)
print("begun", flush=True)
sys.stdin.readline()
for _ in work:
    pass
"""


@contextlib.contextmanager
def import_elsewhere(file: Path, root: Path, *, steps: int) -> Iterator[subprocess.Popen[str]]:
    """A process that imports ``file`` and stops after so many steps until it is told to go on."""
    command = [sys.executable, "-c", IMPORT_ONE, str(file), str(root), str(steps)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_import_is_swept_by_the_next(tmp_path: Path) -> None:
    root, file = tmp_path / "data", write_s3(tmp_path / "raw.csv", {})
    with import_elsewhere(file, root, steps=3) as process:
        process.kill()
    assert len(list(root.glob("versions/.*"))) == 1
    import_all(root, file)
    assert [path.name for path in root.glob("versions/*")] == [snapshots.current(root).version]


def test_two_imports_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    root, file = tmp_path / "data", write_s3(tmp_path / "raw.csv", {})
    with import_elsewhere(file, root, steps=3) as first, import_elsewhere(file, root, steps=1) as second:
        mine = import_all(root, file)
        for process in (second, first):
            process.communicate("go on\n")
            assert process.returncode == 0
    versions = snapshots.history(root)
    assert len(versions) == 3
    assert snapshots.current(root) in versions
    assert snapshots.current(root) != mine
    assert all(len(read_contracts(version)) == 1 for version in versions)
    assert {path.name for path in root.glob("versions/*")} == {version.version for version in versions}


@pytest.fixture
def many_awards(tmp_path: Path) -> Path:
    """A file whose import needs some megabytes, for each of its parts."""
    titles = [" ".join(str(number * 7919 + word) for word in range(12)) for number in range(3000)]
    return write_s3(tmp_path / "raw.csv", *[{"Award No.": title, "Award Title": title} for title in titles])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, whose size can be changed by mounting it again."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "test", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_said_as_such_wherever_it_comes(small_disk: Path, many_awards: Path) -> None:
    """In a process of its own, which is killed where it maps a file with holes that cannot be filled."""
    child = ImportingChild(small_disk / "data")
    refused, size_kb = [], 3000
    try:
        while (outcome := child.try_import(many_awards)).code != "imported":
            refused.append(outcome)
            assert list_files(child.root) in ([], ["versions"])
            size_kb = size_kb * 11 // 10
            subprocess.run(["mount", "-o", f"remount,size={size_kb}k", str(small_disk)], check=True)
    finally:
        child.close()
    assert len(refused) > 5
    for outcome in refused:
        assert (outcome.code, "make room on the disk" in outcome.text) == ("out-of-space", True), outcome


@pytest.mark.parametrize("size_kb", [50, 300, 1000])
def test_a_limit_of_the_size_of_files_is_a_full_disk(tmp_path: Path, many_awards: Path, size_kb: int) -> None:
    child = ImportingChild(tmp_path / "data", file_size_kb=size_kb)
    outcome = child.try_import(many_awards)
    child.close()
    assert outcome.code == "out-of-space", outcome
    assert list_files(child.root) == ["versions"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A directory of /proc stands for a disk with a fault: it opens, and reading it fails."""
    file = tmp_path / "raw.csv"
    file.symlink_to("/proc/self/mem")
    with pytest.raises(BadFile, match=r"raw\.csv: it cannot be read: Input/output error"):
        import_all(tmp_path / "data", file)
