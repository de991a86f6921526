"""An export that two worker processes share, whoever of them dies."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from pytest_django import Settings

from contracts.snapshot.versions import Snapshot
from data_processing.kinds.context import Context
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.runs import cancellation
from data_processing.models import ExportFile, State, TaskRun
from data_processing.outputs import files
from tests.data_processing.kinds.test_same_rows import Uninterrupted
from tests.datasets import publish_many_awards
from tests.integration.conftest import Submit, sweep_until_ended, wait_for, wait_until_ended
from tests.integration.workers import StartWorker, Worker

pytestmark = pytest.mark.django_db(transaction=True)

ROWS, PART_ROWS = 200_000, 40_000
SPLIT = {"EXPORT_SPLIT_ROWS": str(PART_ROWS), "LEASE_S": "2"}
PATIENCE_S = 120


@pytest.fixture(scope="module")
def many(data_dir: Path) -> Snapshot:
    """So many rows that a part takes a while."""
    return publish_many_awards(data_dir / "datasets", ROWS)


@pytest.fixture
def dataset(many: Snapshot, data_dir: Path, settings: Settings) -> Snapshot:
    settings.DATASET_ROOT = data_dir / "datasets"
    settings.EXPORT_ROOT = data_dir / "exports"
    settings.EXPORT_SPLIT_ROWS = PART_ROWS
    return many


@pytest.fixture
def pair(shared_worker: StartWorker, settings: Settings) -> tuple[Worker, Worker]:
    """Two workers, and no file but those of the test."""
    for left in settings.EXPORT_ROOT.glob("*"):
        left.unlink()
    return shared_worker(name="one", **SPLIT), shared_worker(name="other", **SPLIT)


def list_files(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.EXPORT_ROOT.glob("*"))


def wait_until_both_write(run: TaskRun, settings: Settings, worker: Worker) -> None:
    def two_are_writing() -> bool:
        names = list_files(settings)
        begun = {name.split(".")[3] for name in names if name.endswith(".data.part")}
        return len(begun) >= 2

    # Of xlsx only: CSV is written too fast to be seen, and in one part where it is packed.
    wait_for(two_are_writing, within_s=PATIENCE_S, worker=worker, every_s=0.01)
    run.refresh_from_db()


def write_alone(run: TaskRun) -> bytes:
    context = Context(
        run_id=uuid.uuid4(),
        attempt=1,
        dataset_version=run.dataset_version,
        asked_at=run.created_at,
        claimed_at=run.created_at,
        worker="w",
        queue="normal",
        hold=Uninterrupted(),
    )
    work = KINDS["export"].begin(run.request, context)
    while True:
        try:
            next(work)
        except StopIteration as done:
            path: Path = done.value.file.partial
            content = path.read_bytes()
            path.unlink()
            return content


@pytest.mark.parametrize(
    ("victim", "outcomes"), [("helper", ["succeeded"]), ("holder", ["lost", "succeeded"])]
)
def test_shared_export_ends_once_and_whole_whoever_is_killed(
    pair: tuple[Worker, Worker],
    submit: Submit,
    settings: Settings,
    victim: str,
    outcomes: list[str],
) -> None:
    run = submit("export", {"format": "xlsx"})
    wait_until_both_write(run, settings, pair[0])
    holder, helper = sorted(pair, key=lambda worker: worker.name != run.worker)
    (holder if victim == "holder" else helper).kill()
    left = helper if victim == "holder" else holder
    sweep_until_ended(run, within_s=PATIENCE_S, worker=left)
    assert (run.state, [attempt["outcome"] for attempt in run.attempts]) == (State.SUCCESS, outcomes)
    export = ExportFile.objects.get()
    assert files.absolute_path(export.path).read_bytes() == write_alone(run)
    of_the_last = [name for name in list_files(settings) if name.startswith(f"{run.id}.{run.attempt}.")]
    assert of_the_last == [export.path]


def test_cancelled_export_leaves_no_part_of_anybody(
    pair: tuple[Worker, Worker], submit: Submit, settings: Settings
) -> None:
    run = submit("export", {"format": "xlsx"})
    wait_until_both_write(run, settings, pair[0])
    cancellation.request_cancel(run.id)
    wait_until_ended(run, within_s=PATIENCE_S, worker=pair[0])
    assert run.state == State.REVOKED
    wait_for(lambda: not list_files(settings), within_s=PATIENCE_S, worker=pair[1])
