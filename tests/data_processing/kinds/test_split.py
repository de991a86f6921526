"""One export shared by several workers: whole, equal to the one of a single worker, and nothing left over."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from pytest_django import Settings

from data_processing import broker
from data_processing.kinds.context import Context, Outcome
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import assistance, runner
from data_processing.lifecycle.runs import cancellation, claims
from data_processing.models import ExportFile, State, TaskRun
from data_processing.outputs import files
from data_processing.outputs.parts import Parts
from tests.data_processing.kinds.test_same_rows import Uninterrupted
from tests.machine import MakeRun

# The keeper of the lease looks from a thread of its own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

ROWS, PART_ROWS, PARTS = 33, 7, 5
EVERYTHING = {"filters": {"include_flood_control": True}}


@pytest.fixture(autouse=True)
def small_parts(settings: Settings) -> None:
    settings.EXPORT_SPLIT_ROWS = PART_ROWS


def begin(run: TaskRun) -> tuple[Generator[Any, None, Outcome], Parts]:
    """The work of a claimed run, stopped where its parts are offered and the first is begun."""
    claim = claims.claim(run.id, worker="holder", lease_s=60)
    assert claim is not None
    context = Context(
        run_id=run.id,
        attempt=claim.attempt,
        dataset_version=run.dataset_version,
        asked_at=run.created_at,
        claimed_at=run.created_at,
        worker="w",
        queue="normal",
        hold=Uninterrupted(),
    )
    work = KINDS["export"].begin(run.request, context)
    for progress in work:
        if progress.phase == "writing rows":
            return work, Parts(run.id, attempt=claim.attempt)
    raise AssertionError("no row was written")


def finish(work: Generator[Any, None, Outcome]) -> tuple[bytes, list[int]]:
    """The bytes of the file and the rows that were reported on the way."""
    rows = []
    while True:
        try:
            rows.append(next(work).current)
        except StopIteration as done:
            file = done.value.file
            assert file is not None
            return file.partial.read_bytes(), rows


def list_files() -> list[str]:
    root: Path = django_settings.EXPORT_ROOT
    return sorted(path.name for path in root.iterdir())


def write_alone(make_run: MakeRun, body: dict[str, Any], *, split_rows: int) -> bytes:
    """The file of a lone worker, for the same time of asking."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(django_settings, "EXPORT_SPLIT_ROWS", split_rows)
        run = make_run("export", body)
        work, _ = begin(run)
        content, _ = finish(work)
    TaskRun.objects.filter(id=run.id).delete()
    files.discard_attempt([files.partial_name(run.id, attempt=1, suffix=body["format"])], published=False)
    return content


def test_csv_in_parts_equals_the_one_written_at_once(make_run: MakeRun) -> None:
    body = {**EVERYTHING, "format": "csv", "sort": "-contract_amount"}
    whole = write_alone(make_run, body, split_rows=1000)
    work, _ = begin(make_run("export", body))
    content, rows = finish(work)
    assert content == whole
    assert rows == sorted(rows)
    assert rows[-1] == ROWS
    assert [name.endswith(".1.csv.part") for name in list_files()] == [True]


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_parts_written_by_others_are_joined_with_those_of_the_holder(make_run: MakeRun, format_: str) -> None:
    run = make_run("export", {**EVERYTHING, "format": format_})
    work, parts = begin(run)
    for part in (0, 2, 4, 2, PARTS):
        assistance.write_part(run.id, attempt=1, part=part)
    assert [parts.get_done(part) is not None for part in range(PARTS)] == [False, False, True, False, True]
    content, rows = finish(work)
    alone, _ = begin_again(run)
    assert content == finish(alone)[0]
    assert rows[-1] == ROWS


def begin_again(run: TaskRun) -> tuple[Generator[Any, None, Outcome], Parts]:
    TaskRun.objects.filter(id=run.id).update(state=State.PENDING)
    return begin(run)


def test_part_of_a_writer_that_went_silent_is_taken_over(make_run: MakeRun, settings: Settings) -> None:
    settings.LEASE_S = 0.3
    run = make_run("export", {**EVERYTHING, "format": "csv"})
    work, parts = begin(run)
    zombie = parts.claim(3)
    assert zombie is not None
    zombie.data.write_bytes(b"half a li")
    zombie.note(3)
    content, rows = finish(work)
    assert content.count(b"\r\n") == ROWS + 1
    assert rows == sorted(rows)
    with pytest.raises(FileNotFoundError):
        zombie.finish()
    assert len(list_files()) == 1


def test_part_that_is_given_back_is_written_by_the_holder(make_run: MakeRun) -> None:
    work, parts = begin(make_run("export", {**EVERYTHING, "format": "csv"}))
    other = parts.claim(3)
    assert other is not None
    assert parts.claim(3) is None
    other.give_back()
    assert finish(work)[0].count(b"\r\n") == ROWS + 1


def test_work_that_is_broken_off_leaves_no_file_and_refuses_further_parts(make_run: MakeRun) -> None:
    run = make_run("export", {**EVERYTHING, "format": "xlsx"})
    work, parts = begin(run)
    assistance.write_part(run.id, attempt=1, part=4)
    work.close()
    assert list_files() == []
    assert parts.claim(1) is None
    assistance.write_part(run.id, attempt=1, part=1)
    assert list_files() == []


def test_next_attempt_removes_what_a_killed_one_left_and_shuts_its_writers_out(make_run: MakeRun) -> None:
    run = make_run("export", {**EVERYTHING, "format": "csv"})
    work, parts = begin(run)
    assistance.write_part(run.id, attempt=1, part=2)
    late = parts.claim(3)
    assert late is not None
    later, _ = begin_again(run)
    assert late.data.name not in list_files()
    assert parts.claim(4) is None
    finish(later)
    assert [name.split(".")[1] for name in list_files()] == ["2"]
    with pytest.raises(FileNotFoundError):
        late.finish()
    work.close()


def test_offers_that_come_too_late_or_for_another_attempt_do_nothing(make_run: MakeRun) -> None:
    run = make_run("export", {**EVERYTHING, "format": "csv"})
    work, parts = begin(run)
    assistance.write_part(run.id, attempt=2, part=3)
    assistance.write_part(uuid.uuid4(), attempt=1, part=3)
    cancellation.request_cancel(run.id)
    assistance.write_part(run.id, attempt=1, part=3)
    assert parts.get_done(3) is None
    work.close()


def test_worker_that_does_not_see_the_folder_of_the_holder_says_so_and_the_holder_does_it_all(
    make_run: MakeRun,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(assistance, "ENDS_WITHIN_S", 0.0)
    run = make_run("export", {**EVERYTHING, "format": "csv"})
    work, _ = begin(run)
    folder, settings.EXPORT_ROOT = settings.EXPORT_ROOT, tmp_path / "another host"
    assistance.write_part(run.id, attempt=1, part=3)
    assert "EXPORT_FOLDER_SHARED=0" in caplog.text
    assert not settings.EXPORT_ROOT.exists()
    settings.EXPORT_ROOT = folder
    assert finish(work)[0].count(b"\r\n") == ROWS + 1


def test_offer_that_comes_when_the_parts_are_joined_is_no_fault(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assistance, "ENDS_WITHIN_S", 0.0)
    run = make_run("export", {**EVERYTHING, "format": "csv"})
    work, _ = begin(run)
    finish(work)
    assistance.write_part(run.id, attempt=1, part=3)
    name = files.partial_name(run.id, attempt=1, suffix="csv")
    files.absolute_path(name).rename(files.absolute_path(files.final_name(name)))
    assistance.write_part(run.id, attempt=1, part=3)
    assert caplog.text == ""


@pytest.mark.django_db(transaction=True)
def test_run_offers_its_other_parts_and_leaves_only_the_file_that_people_get(
    broker_up: None, redis_up: None, make_run: MakeRun
) -> None:
    run = make_run("export", {**EVERYTHING, "format": "xlsx"})
    runner.run_attempt(run.id, worker="alone")
    run.refresh_from_db()
    assert run.state == State.SUCCESS
    assert list_files() == [ExportFile.objects.get(run=run).path]
    assert (run.current, run.total) == (ROWS, ROWS)
    assert [q.ready for q in broker.inspect_queues() if q.name == "normal"] == [PARTS - 1]


@pytest.mark.parametrize(("rows", "refused"), [(0, True), (1, False), (1_048_575, False), (1_048_576, True)])
def test_parts_larger_than_a_sheet_are_a_configuration_error(
    settings: Settings, rows: int, refused: bool
) -> None:
    settings.EXPORT_SPLIT_ROWS = rows
    assert ("backend.E006" in {message.id for message in run_checks()}) == refused
