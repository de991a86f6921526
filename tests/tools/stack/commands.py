"""The commands of tools.stack as a person runs them: as processes, whose output is what they say."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tools.stack.children import unmeasured
from tools.stack.polling import poll
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.system import CHECKOUT

WITHIN_S = 120
OWN = ("DATABASE_URL", "CELERY_", "DATA_DIR", "DJANGO_")


def make_environment(configured: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without the addresses of its own servers, nor the measuring of its code."""
    return {name: text for name, text in unmeasured().items() if not name.startswith(OWN)} | dict(configured)


def run(program: str, *arguments: str, **configured: str) -> subprocess.CompletedProcess[str]:
    """Run a program of tools.stack to its end."""
    return subprocess.run(
        [sys.executable, "-m", f"tools.stack.{program}", *arguments],
        env=make_environment(configured),
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
        timeout=300,
    )


def list_processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that work on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DATA_DIR") == str(folder):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


class Up:
    """`make up` on the folder `data`, with the code of `code`."""

    def __init__(self, data: Path, *arguments: str, code: Path = CHECKOUT, **configured: str) -> None:
        self.data = data
        self.port = pick_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        own = {"DATA_DIR": str(data), "PORT": str(self.port), "SAMPLE_CONTRACTS": "300", **configured}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tools.stack.up", *arguments],
            env=make_environment(own),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=code,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            self.lines.extend(line.rstrip() for line in self.process.stdout)

    def count(self, *texts: str) -> int:
        """How many lines have all of these texts."""
        return sum(all(text in line for text in texts) for line in list(self.lines))

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds once: a page may be there, and its server gone a moment later."""
        held = poll(lambda: condition() or self.process.poll() is not None, within_s=WITHIN_S)
        assert self.process.poll() is None, "\n".join(self.lines)
        assert held, "\n".join(self.lines)

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=WITHIN_S)
        self._reader.join(WITHIN_S)
        return status


@contextmanager
def running_up(data: Path, *arguments: str, code: Path = CHECKOUT, **configured: str) -> Iterator[Up]:
    """`make up` from its line that it serves; ended by Ctrl-C after the block, in order."""
    up = Up(data, *arguments, code=code, **configured)
    try:
        up.wait(lambda: up.count("stack", "serving at") == 1)
        yield up
    finally:
        status = up.interrupt()
    assert status == 0, "\n".join(up.lines)
