"""An upgrade while everything runs: the program of the last release serves and works beside today's, on one
broker and over tables that today's migrations have changed under it."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import dead_letters
from data_processing.models import DeadLetter, State, TaskRun
from tests.copies import ROOT
from tests.data_processing import jobs
from tests.integration.conftest import environment_of_workers, wait_for
from tests.integration.website import EXPORTS, TASKS, StartWeb, Web
from tests.integration.workers import Crew, Worker
from tools.stack.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

WORK, HOUSEKEEPING = (
    {"queues": "high,normal,low", "concurrency": 2},
    {"queues": "critical", "pool": "threads"},
)
RELEASED = ("backend", "web", "api", "data_processing", "contracts")
"""The rooms that the release had."""
ENDED = {State.SUCCESS, State.FAILURE, State.REVOKED}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product of the last release, which CHANGELOG.md names by its commit."""
    headings = re.findall(
        r"^## .*\(commit ([0-9a-f]{40})\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    packed = subprocess.run(
        ["git", "archive", "--format=tar", headings[0], *RELEASED], cwd=ROOT, capture_output=True, check=False
    )
    assert packed.returncode == 0, (
        f"the history is not here (git fetch --unshallow): {packed.stderr.decode()}"
    )
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as product:
        product.extractall(folder, filter="data")
    return folder


@pytest.fixture
def released_tables(released: Path, transactional_db: None) -> Iterator[None]:
    """The tables as the release made them; at the end they are today's in any case."""
    folder = Path("data_processing") / "migrations"
    last = max(path.stem for path in (released / folder).glob("0*.py"))
    assert (ROOT / folder / f"{last}.py").is_file(), (
        "a migration of the release is gone: nobody could upgrade"
    )
    call_command("migrate", "data_processing", last, verbosity=0)
    try:
        yield
    finally:
        call_command("migrate", verbosity=0)


class Site:
    """Web servers, workers and sweepers of both programs, and what clients have asked of them."""

    def __init__(self, start_web: StartWeb, old_crew: Crew, new_crew: Crew, *, released: Path) -> None:
        self._start_web, self._released = start_web, released
        self._crews = {"old": old_crew, "new": new_crew}
        self.accepted: dict[str, str] = {}
        """Task -> its kind."""

    def start_web(self, program: str, data_dir: Path) -> Web:
        code = self._released if program == "old" else ROOT
        return self._start_web(code=code, REHEARSALS="1", DATA_DIR=str(data_dir))

    def start_worker(self, program: str) -> Worker:
        return self._crews[program].start(name=program, queues="high,normal,low", concurrency=2)

    def start_sweeper(self, program: str) -> Worker:
        return self._crews[program].start(name=f"{program}keeper", queues="critical", pool="threads")

    def ask(self, web: Web, kind: str, body: Mapping[str, Any]) -> str:
        """The id of the task that is accepted."""
        with web.post(f"{TASKS}{kind}/", body, owner="a") as answer:
            assert answer.response.status == 202, answer.read_body()
            task_id = str(answer.read_body()["task_id"])
        self.accepted[task_id] = kind
        return task_id

    def ask_all(self, web: Web, number: int) -> list[str]:
        """One task of each kind; questions with another number are others."""
        filters = {"keywords": [f"river {number}"]}
        return [
            self.ask(web, "search", {"filters": filters}),
            self.ask(web, "aggregates", {"filters": filters}),
            self.ask(web, "export", {"filters": filters, "format": "csv"}),
            self.ask(web, "rehearsal", {"number": number, "steps": 2}),
        ]

    def begin_rehearsal(self, web: Web, number: int, *, steps: int) -> str:
        """One that a worker is at."""
        task_id = self.ask(web, "rehearsal", {"number": number, "steps": steps})
        wait_for(lambda: state_of(web, task_id) in ("STARTED", "PROGRESS"))
        return task_id


@pytest.fixture
def site(
    released: Path,
    released_tables: None,
    servers: Servers,
    dataset: Snapshot,
    data_dir: Path,
    start_web: StartWeb,
    broker_up: None,
    tmp_path: Path,
) -> Iterator[Site]:
    """Nothing runs yet, and the tables are those of the release."""
    environment = environment_of_workers(servers, data_dir)
    crews = Crew(environment, tmp_path, code=released), Crew(environment, tmp_path)
    try:
        yield Site(start_web, *crews, released=released)
    finally:
        with ThreadPoolExecutor() as hands:
            list(hands.map(Crew.dismiss, crews))


def read(web: Web, path: str) -> bytes:
    with web.get(path) as answer:
        content = answer.response.read()
        assert answer.response.status == 200, content
        return content


def state_of(web: Web, task_id: str) -> str:
    with web.get(f"{TASKS}status/?task_id={task_id}") as answer:
        return str(answer.read_body()["state"])


def wait_until_ended(web: Web, task_ids: list[str], worker: Worker) -> None:
    wait_for(lambda: {state_of(web, each) for each in task_ids} <= ENDED, worker=worker)


def workers_of(task_ids: list[str]) -> set[str]:
    return {run.worker for run in TaskRun.objects.filter(id__in=task_ids)}


def show_the_same(site: Site, old_web: Web, new_web: Web) -> bool:
    """Whether both programs give the same results and files of all tasks that have succeeded."""
    paths = [f"{TASKS}result/?task_id={task_id}" for task_id in site.accepted]
    paths += [f"{EXPORTS}{task_id}/download/" for task_id, kind in site.accepted.items() if kind == "export"]
    return all(read(old_web, path) == read(new_web, path) for path in paths)


def test_old_and_new_do_each_others_tasks_and_lose_none(site: Site, data_dir: Path) -> None:
    with ThreadPoolExecutor() as hands:
        web, sweeper = hands.submit(site.start_web, "old", data_dir), hands.submit(site.start_sweeper, "old")
        old_worker, old_web = site.start_worker("old"), web.result()
        assert sweeper.result().alive
        wait_until_ended(old_web, site.ask_all(old_web, 1), old_worker)

        call_command("migrate", verbosity=0)
        web, sweeper = hands.submit(site.start_web, "new", data_dir), hands.submit(site.start_sweeper, "new")
        of_old, new_web = site.ask_all(old_web, 2), web.result()
        assert sweeper.result().alive
        of_new = site.ask_all(new_web, 3)
        wait_until_ended(new_web, [*of_old, *of_new], old_worker)
        assert workers_of([*of_old, *of_new]) == {old_worker.name}
        cancelled = site.begin_rehearsal(old_web, 101, steps=10_000)
        with new_web.post(f"{TASKS}cancel/", {"task_id": cancelled}, owner="a") as answer:
            assert answer.response.status == 202
        wait_until_ended(new_web, [cancelled], old_worker)

        # The release has no such kind: its worker refuses the message.
        job = str(jobs.join_words.enqueue("left", "for", "others").id)
        handed_over = site.begin_rehearsal(new_web, 102, steps=100)
        stopping = hands.submit(old_worker.stop)
        new_worker = site.start_worker("new")
        # With what status is the release's own: it ends by an error where Redis is slow while it refuses.
        stopping.result()
        of_old = site.ask_all(old_web, 4)
        wait_until_ended(old_web, [*site.accepted], new_worker)
        wait_until_ended(new_web, [*site.accepted], new_worker)
        assert workers_of([*of_old, handed_over]) == {new_worker.name}
        wait_for(lambda: TaskRun.objects.get(id=job).finished, worker=new_worker)

    ill = TaskRun.objects.exclude(id=cancelled).exclude(state=State.SUCCESS)
    assert not [(run.kind, run.state, run.error, run.attempts, run.traceback) for run in ill]
    assert site.accepted.pop(cancelled)
    assert state_of(old_web, cancelled) == state_of(new_web, cancelled) == State.REVOKED
    assert show_the_same(site, old_web, new_web)
    assert TaskRun.objects.get(id=job).result == {"return_value": "left for others"}
    dead_letters.file_undelivered()
    assert not DeadLetter.objects.exists()
