"""Keeps programs running: prefixed logs, restart after an unexpected death, an orderly stop.

Knows nothing of what the programs do.
"""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.stack.children import describe_status, kill_group, spawn, stop_child
from tools.stack.errors import StartFailed
from tools.stack.polling import EVERY_S

LogWriter = Callable[[str, str], None]
"""Takes the name of a program and one line of its output."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
STEADY_AFTER_S = 60.0
TAIL_LINES = 25
AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program to keep running. `ready_when` matches the log line that says it is ready; None: at once.

    `longest_pause_s` bounds the pause before it is started again, which doubles from death to death.
    """

    name: str
    argv: Sequence[str]
    ready_when: re.Pattern[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_within_s: float = 15
    longest_pause_s: float = LONGEST_PAUSE_S


class Supervisor:
    """Runs programs until `stop`. One that dies is started again, after a pause that doubles."""

    def __init__(
        self, programs: Sequence[Program], *, environment: Mapping[str, str], folder: Path, write: LogWriter
    ) -> None:
        self._keepers = [
            _Keeper(program, environment={**environment, **program.environment}, folder=folder, write=write)
            for program in programs
        ]
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all programs; returns at once."""
        for keeper in self._keepers:
            keeper.start()
        self._watcher.start()

    def wait_ready(self, *, within_s: float) -> None:
        """Return when every program has said that it is ready; StartFailed when one dies or time is up."""
        deadline = time.monotonic() + within_s
        for keeper in self._keepers:
            keeper.wait_ready(deadline)

    def pid(self, name: str) -> int:
        """The process id that a program has now; it changes with a restart."""
        return next(keeper.pid for keeper in self._keepers if keeper.program.name == name)

    def restart(self, names: Collection[str]) -> None:
        """Stop the programs of these names and start them again, without the pause after a death."""
        _do_at_once([keeper.restart for keeper in self._keepers if keeper.program.name in names])

    def stop(self) -> None:
        """Ask all programs to end at the same time; kill those that have not when their time is over."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        _do_at_once([keeper.stop for keeper in self._keepers])

    def _watch(self) -> None:
        while not self._stopping.wait(EVERY_S):
            for keeper in self._keepers:
                keeper.revive()


def _do_at_once(acts: Sequence[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as hands:
        for done in [hands.submit(act) for act in acts]:
            done.result()


class _Keeper:
    """One program: its process of the moment, its log, and when it may start again."""

    def __init__(
        self, program: Program, *, environment: Mapping[str, str], folder: Path, write: LogWriter
    ) -> None:
        self.program = program
        self._environment = environment
        self._folder = folder
        self._write = write
        self._child: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._ready = threading.Event()
        self._died_early: int | None = None
        self._pause_s = FIRST_PAUSE_S
        self._started_at = 0.0
        self._start_again_at: float | None = None
        # Between the end and the start of a restart the watcher must not see a death.
        self._changing = threading.Lock()

    @property
    def pid(self) -> int:
        if self._child is None:
            raise RuntimeError(f"{self.program.name} was not started")
        return self._child.pid

    def start(self) -> None:
        child = spawn(
            self.program.argv, environment=self._environment, folder=self._folder, output=subprocess.PIPE
        )
        self._child, self._started_at, self._start_again_at = child, time.monotonic(), None
        self._reader = threading.Thread(target=self._read, args=(child,), daemon=True)
        self._reader.start()
        if self.program.ready_when is None:
            self._ready.set()

    def wait_ready(self, deadline: float) -> None:
        while not self._ready.wait(EVERY_S):
            if self._died_early is not None:
                raise self._failure(f"ended with {describe_status(self._died_early)} while starting")
            if time.monotonic() > deadline:
                raise self._failure("was not ready in time")

    def revive(self) -> None:
        """Notice a death, and start again when the pause after it is over."""
        if not self._changing.acquire(blocking=False):
            return
        try:
            self._revive()
        finally:
            self._changing.release()

    def restart(self) -> None:
        with self._changing:
            self.stop()
            self._pause_s = FIRST_PAUSE_S
            self.start()

    def _revive(self) -> None:
        if self._child is None or self._child.poll() is None or self._died_early is not None:
            return
        if not self._ready.is_set():
            # It never worked: starting it again would only repeat the error.
            self._died_early = self._child.returncode
        elif self._start_again_at is None:
            self._plan_restart(self._child)
        elif time.monotonic() >= self._start_again_at:
            self.start()
            self._write(self.program.name, f"started again as process {self.pid}")

    def stop(self) -> None:
        if self._child is not None:
            stop_child(self._child, within_s=self.program.stop_within_s)
            kill_group(self._child)  # what it started itself and left behind
        if self._reader is not None:
            self._reader.join(timeout=2)

    def _plan_restart(self, child: subprocess.Popen[bytes]) -> None:
        kill_group(child)
        steady = time.monotonic() - self._started_at > STEADY_AFTER_S
        self._pause_s = FIRST_PAUSE_S if steady else self._pause_s
        self._start_again_at = time.monotonic() + self._pause_s
        status = describe_status(child.returncode)
        self._write(self.program.name, f"ended with {status}; starting again in {self._pause_s:g} s")
        self._pause_s = min(2 * self._pause_s, self.program.longest_pause_s)

    def _read(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        with child.stdout:
            for raw in child.stdout:
                line = raw.decode(errors="replace").rstrip()
                self._tail.append(line)
                self._write(self.program.name, line)
                if self.program.ready_when is not None and self.program.ready_when.search(line):
                    self._ready.set()

    def _failure(self, what: str) -> StartFailed:
        return StartFailed("\n".join([f"{self.program.name} {what}.", *self._tail]))
