"""`make dev` over a copy of the checkout: what was changed is what runs."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.copies import copy_rooms
from tools.stack.children import unmeasured
from tools.stack.ports import pick_port
from tools.stack.system import CHECKOUT
from tools.stack.up import PROGRAMS, WATCHED, list_concerned

WITHIN_S = 60
OWN = ("DATABASE_URL", "CELERY_", "DATA_DIR", "DJANGO_")


class Development:
    """`make dev WITHOUT=bulk` on a copy of the code."""

    def __init__(self, folder: Path) -> None:
        self.code, self.data = folder / "code", folder / "data"
        copy_rooms(self.code, (*WATCHED, "tools"))
        shutil.copy(CHECKOUT / "manage.py", self.code)
        self.port = pick_port()
        environment = {name: text for name, text in unmeasured().items() if not name.startswith(OWN)}
        own = {"DATA_DIR": str(self.data), "PORT": str(self.port), "SAMPLE_CONTRACTS": "300"}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tools.stack.up", "--reload", "--without=bulk"],
            env={**environment, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.code,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip() for line in self.process.stdout)

    def count(self, *texts: str) -> int:
        return sum(all(text in line for text in texts) for line in list(self.lines))

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.1)

    def shows(self, path: str, text: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return text in answer.read().decode()
        except OSError:  # it is being started again
            return False

    def change(self, file: str, old: str, new: str) -> None:
        path = self.code / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def development(tmp_path: Path) -> Iterator[Development]:
    development = Development(tmp_path)
    try:
        development.wait(lambda: development.count("stack", "find this system") == 1)
        yield development
    finally:
        development.process.send_signal(signal.SIGINT)
        assert development.process.wait(timeout=60) == 0
    assert not (development.data / "addresses.sh").exists()


def test_change_of_the_code_is_served_by_the_processes_that_run_it(development: Development) -> None:
    assert development.count("bulk", "ready.") == 0
    addresses = (development.data / "addresses.sh").read_text()
    assert f"DATA_DIR={development.data}\n" in addresses
    assert "CELERY_BROKER_URL=redis://" in addresses

    development.change("web/templates/web/help.html", "</h1>", " of the day</h1>")
    told = "changed: web/templates/web/help.html; starting again: web"
    development.wait(lambda: development.count("stack", told) == 1)
    development.wait(lambda: development.shows("/help/", " of the day</h1>"))
    assert development.count("interactive", "ready.") == 1

    development.change("contracts/fields.py", '"Award title"', '"Title of the award"')
    restarted = "starting again: web, housekeeping, interactive, beat"
    development.wait(lambda: development.count("stack", f"changed: contracts/fields.py; {restarted}") == 1)
    development.wait(lambda: development.shows("/api/v1/contracts/columns/", "Title of the award"))
    development.wait(lambda: development.count("interactive", "ready.") == 2)
    log = (development.data / "logs" / "interactive.log").read_text()
    assert log.count("ready.") == 2


def test_code_of_pages_and_api_concerns_the_web_server_alone() -> None:
    assert list_concerned(["web/views.py", "api/urls.py"]) == ("web",)
    assert list_concerned(["web/views.py", "contracts/fields.py"]) == PROGRAMS
