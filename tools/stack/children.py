"""Child processes that never outlive this one, stopped by their id; knows nothing of what they run."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from tools.stack.errors import StartFailed
from tools.stack.polling import poll

# The kernel sends the death signal when the *thread* that started a child ends, so every child is started by
# this one thread, which lives as long as the process.
_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def unmeasured() -> dict[str, str]:
    """This process's variables, without those by which coverage measures the children of a test run."""
    return {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}


def spawn(
    argv: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    output: IO[Any] | int,
    owner: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that is killed when this process dies, in its own session: Ctrl-C reaches only us.
    `owner`: the user and the group that it runs as, if not ours."""
    command = [*_guard(), *map(str, argv)]
    user, group = owner or (None, None)

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=[] if owner else None,
        )

    return _spawner.submit(start).result()


def stop_child(
    child: subprocess.Popen[bytes], *, within_s: float, by: signal.Signals = signal.SIGTERM
) -> int:
    """Ask the child to end, kill it when it has not after `within_s` seconds, and return its exit status."""
    if child.poll() is None:
        child.send_signal(by)
        child.send_signal(signal.SIGCONT)  # a stopped process would never see the request
        try:
            child.wait(within_s)
        except subprocess.TimeoutExpired:
            kill_group(child)
    return child.wait()


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL the child and all of its session's processes; the child's own end is waited for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until(
    ready: Callable[[], bool], *, child: subprocess.Popen[bytes], name: str, within_s: float, log: Path
) -> None:
    """Poll `ready`; StartFailed when the child dies first or the time is over."""
    seen = poll(lambda: child.poll() is not None or ready(), within_s=within_s)
    status = child.poll()
    if status is not None:
        raise StartFailed(f"{name} ended with {describe_status(status)} while starting.\n{read_tail(log)}")
    if not seen:
        raise StartFailed(f"{name} was not ready after {within_s:.0f} s.\n{read_tail(log)}")


def describe_status(status: int) -> str:
    """An exit status in words: 'status 1' or 'signal SIGKILL'."""
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"


def read_tail(log: Path, lines: int = 25) -> str:
    """The last lines of a log file, or a word that there are none."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return f"(no log at {log})"
    return "\n".join(text.splitlines()[-lines:]) or f"(the log {log} is empty)"


def _guard() -> list[str]:
    # util-linux, essential on Debian; elsewhere only the orderly stop remains.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
