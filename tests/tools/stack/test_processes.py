"""The supervisor: programs are restarted when they die, logged by name, and end in order or by force."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tools.stack.errors import StartFailed
from tools.stack.processes import Program, Supervisor

READY = re.compile("ready")


class Log:
    """The lines that the supervisor hands over."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def __call__(self, name: str, line: str) -> None:
        with self._lock:
            self.lines.append((name, line))

    def count(self, name: str, line: str) -> int:
        return self.lines.count((name, line))


def wait_for(condition: Callable[[], bool], *, within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def program(code: str, *, name: str = "one", stop_within_s: float = 5, **environment: str) -> Program:
    return Program(
        name=name,
        argv=[sys.executable, "-u", "-c", f"import os, signal, sys, time\n{code}"],
        ready_when=READY,
        environment=environment,
        stop_within_s=stop_within_s,
    )


@contextmanager
def running(*programs: Program, folder: Path) -> Iterator[tuple[Supervisor, Log]]:
    log = Log()
    supervisor = Supervisor(programs, environment=dict(os.environ), folder=folder, write=log)
    supervisor.start()
    try:
        supervisor.wait_ready(within_s=20)
        yield supervisor, log
    finally:
        supervisor.stop()


SERVING = "print('ready', os.getpid())\ntime.sleep(600)"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_program_that_is_killed_starts_again(tmp_path: Path) -> None:
    with running(program(SERVING), folder=tmp_path) as (supervisor, log):
        first = supervisor.pid("one")
        os.kill(first, signal.SIGKILL)
        assert wait_for(lambda: supervisor.pid("one") != first)
        assert wait_for(lambda: log.count("one", f"ready {supervisor.pid('one')}") == 1)
        assert any("SIGKILL" in line for _, line in log.lines)


def test_restart_ends_the_program_in_order_and_starts_it_at_once(tmp_path: Path) -> None:
    code = f"signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('finished')))\n{SERVING}"
    with running(program(code), program(SERVING, name="two"), folder=tmp_path) as (supervisor, log):
        first, other = supervisor.pid("one"), supervisor.pid("two")
        supervisor.restart(["one"])
        assert not is_alive(first)
        assert supervisor.pid("two") == other
        assert wait_for(lambda: log.count("one", f"ready {supervisor.pid('one')}") == 1)
        # An end that was asked for is no death, after which it would wait.
        assert [line for name, line in log.lines if name == "one" and "starting again" in line] == []
    assert log.count("one", "finished") == 2


def test_restart_takes_away_what_the_dead_program_had_started(tmp_path: Path) -> None:
    code = f"child = os.fork()\nif not child: time.sleep(600)\nprint('child', child)\n{SERVING}"
    with running(program(code), folder=tmp_path) as (supervisor, log):
        orphan = int(next(line for _, line in log.lines if line.startswith("child")).split()[1])
        assert is_alive(orphan)
        os.kill(supervisor.pid("one"), signal.SIGKILL)
        assert wait_for(lambda: not is_alive(orphan))


def test_program_that_dies_before_it_is_ready_fails_the_start_with_its_output(tmp_path: Path) -> None:
    broken = program("print('no such database'); sys.exit(3)")
    with pytest.raises(StartFailed, match=r"one ended with status 3 (.|\n)*no such database"):  # noqa: SIM117
        with running(broken, folder=tmp_path):
            pass


def test_stop_lets_a_program_finish(tmp_path: Path) -> None:
    code = (
        "def finish(*_):\n    print('finished')\n    sys.exit(0)\n"
        f"signal.signal(signal.SIGTERM, finish)\n{SERVING}"
    )
    with running(program(code), folder=tmp_path) as (_, log):
        pass
    assert log.count("one", "finished") == 1


def test_stop_kills_what_does_not_end_in_time(tmp_path: Path) -> None:
    deaf = program(f"signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SERVING}", stop_within_s=0.3)
    with running(deaf, folder=tmp_path) as (supervisor, _):
        pid = supervisor.pid("one")
    assert not is_alive(pid)


def test_stop_ends_a_frozen_program(tmp_path: Path) -> None:
    with running(program(SERVING), folder=tmp_path) as (supervisor, _):
        pid = supervisor.pid("one")
        os.kill(pid, signal.SIGSTOP)
    assert not is_alive(pid)


def test_lines_carry_the_name_of_their_program_and_its_own_environment(tmp_path: Path) -> None:
    code = f"print(os.environ['COLOUR'])\n{SERVING}"
    programs = [program(code, name=name, COLOUR=f"{name} is blue") for name in ("left", "right")]
    with running(*programs, folder=tmp_path) as (_, log):
        assert log.count("left", "left is blue") == 1
        assert log.count("right", "right is blue") == 1
