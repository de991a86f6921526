"""The three programs of the API guide, taken from its page, run against a real system and say the same."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from tests.docs.host import Host
from tests.docs.pages import DOCS, read_blocks, select
from tools.stack.polling import poll

PAGE = "api.md"
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "sh": ("bash", "-eu"),
    "python": ("python3",),
    "js": ("node", "--input-type=module", "-"),
}
EXPECTED = """\
90 contracts, 200407.50 pesos
largest: Construction of flood control structure 449, 2449.25
2019: 2
2020: 200
2021: 200
2022: 200
2023: 200
2024: 200
undated: 1
of "MUNICIPALITY OF TEST 1"
Supply of office chairs, lot 1961
expected: 90 rows
Done.
flood.csv: OK
"""
ENDED_WITHIN_S = 180


class Client:
    """A program of the guide, at work in a folder of its own."""

    def __init__(self, language: str, folder: Path, url: str) -> None:
        folder.mkdir()
        self._folder = folder
        program = folder / "program"
        text = "\n".join(block.text for block in select(PAGE, language=language))
        program.write_text(text, encoding="utf-8")
        outputs = (folder / "stdout").open("wb"), (folder / "stderr").open("wb")
        with program.open() as source, outputs[0] as said, outputs[1] as warned:
            self.process = subprocess.Popen(
                PROGRAMS[language],
                stdin=source,
                stdout=said,
                stderr=warned,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "API": f"{url}/api/v1", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return (self._folder / "stdout").read_text(encoding="utf-8")

    @property
    def warned(self) -> str:
        return (self._folder / "stderr").read_text(encoding="utf-8")

    @property
    def is_told_to_wait(self) -> bool:
        return "again in 5 s" in self.warned or "Will retry in 5 s" in self.warned

    def rest_before_its_last_exports(self) -> None:
        """Returns when it stands still there, or has ended."""
        poll(lambda: "flood.csv" in self.said or self.process.poll() is not None, within_s=ENDED_WITHIN_S)
        self.send(signal.SIGSTOP)

    def send(self, what: signal.Signals) -> None:
        """A signal to it and to the programs that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, what)

    def read_bulk(self, lines: str) -> str:
        """What lines of Python print over the dataset version that it has fetched."""
        command = [sys.executable, "-c", lines]
        return subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=True).stdout

    @property
    def flood_control(self) -> bytes:
        """The file of its first export."""
        return (self._folder / "flood.csv").read_bytes()


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A worker and its children stand still inside the block."""
    worker = psutil.Process(pid)
    family = [worker, *worker.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


@pytest.fixture(scope="module")
def clients(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Client]]:
    """All three, side by side; they have ended. For a while nobody makes exports, so that each asks for more
    than it may have: one unfinished task, on this host."""
    folder = tmp_path_factory.mktemp("clients")
    started = {language: Client(language, folder / language, host.url) for language in PROGRAMS}
    try:
        for client in started.values():
            client.rest_before_its_last_exports()
        with frozen(host.units.pid("explorer-worker@bulk")):
            for client in started.values():
                client.send(signal.SIGCONT)
            poll(lambda: all(one.is_told_to_wait for one in started.values()), within_s=ENDED_WITHIN_S)
        for client in started.values():
            client.process.wait(ENDED_WITHIN_S)
        yield started
    finally:
        for client in started.values():
            client.send(signal.SIGKILL)


@pytest.mark.parametrize("language", PROGRAMS)
def test_program_of_the_guide_finds_and_fetches_what_is_there(
    language: str, clients: Mapping[str, Client]
) -> None:
    client = clients[language]
    assert client.process.returncode == 0, client.warned
    assert client.said.startswith(EXPECTED)
    *files, stopped, refused, bulk = client.said.removeprefix(EXPECTED).splitlines()
    assert [line.partition(": ")[2] for line in files] == ["200 rows", "200 rows", "110 rows"]
    assert stopped in ("it was asked to stop", "already-finished")
    assert refused == "400 invalid-query at /filters/areas"
    assert bulk.startswith("7 files, ")


def test_lines_of_the_guide_read_all_contracts(clients: Mapping[str, Client]) -> None:
    """pandas and DuckDB over the files that a program has fetched."""
    blocks = select(PAGE, language="py")
    ran = [clients["python"].read_bulk(block.text) for block in blocks]
    assert ["import pandas" in block.text for block in blocks] == [True, False]
    assert all("TEST" in line for line in ran[0].splitlines()[1:4])
    years = [line.split()[1] for line in ran[1].splitlines() if line.startswith("│  20")]
    assert years == [str(year) for year in range(2019, 2025)]


def test_programs_of_the_guide_have_the_same_file(clients: Mapping[str, Client]) -> None:
    files = {client.flood_control for client in clients.values()}
    assert len(files) == 1
    assert files.pop().count(b"flood control") == 90


@pytest.mark.parametrize("language", PROGRAMS)
def test_program_of_the_guide_waits_when_it_asks_for_too_much(
    language: str, clients: Mapping[str, Client]
) -> None:
    assert clients[language].is_told_to_wait, clients[language].warned


def test_requests_of_the_quickstart_are_answered(host: Host, tmp_path: Path) -> None:
    blocks = [block for block in read_blocks(DOCS / "quickstart.md") if block.section == "Ask by HTTP"]
    script = host.translate("".join(block.text for block in blocks))
    # In a folder of the test, where they leave a cookie jar and a file.
    ran = subprocess.run(
        ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert '"total_rows":90' in ran.stdout
    (file,) = tmp_path.glob("*.xlsx")
    assert file.read_bytes().startswith(b"PK")
