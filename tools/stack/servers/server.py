"""What all private servers share: folder, child process, readiness, signals. Knows no particular server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

from tools.stack.children import kill_group, spawn, stop_child, wait_until
from tools.stack.errors import ProgramMissing


class Server(ABC):
    """A server on free loopback ports with its data in one folder.

    Ports are chosen when the object is made, so `url` is known before the server runs and stays the same over
    restarts. Without `folder` the data live in a temporary folder that goes when the `with` block ends.
    """

    name: ClassVar[str]
    start_within_s: ClassVar[float] = 60
    stop_within_s: ClassVar[float] = 15
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, folder: Path | None = None) -> None:
        self._is_temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._child: subprocess.Popen[bytes] | None = None

    # what a particular server says of itself

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, credentials included."""

    @abstractmethod
    def _command(self) -> Sequence[str | Path]: ...

    @abstractmethod
    def _is_ready(self) -> bool: ...

    def _prepare(self) -> None:
        """Make the folder ready for a start; called before every start."""
        return

    def _clear(self) -> None:
        """End what `_prepare` began; called after every end."""
        return

    def _environment(self) -> Mapping[str, str]:
        return os.environ

    def _owner(self) -> tuple[int, int] | None:
        """The (user, group) to run as, or None for our own."""
        return None

    # what everybody may do with it

    @property
    def log(self) -> Path:
        """The server's own output."""
        return self.folder / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """The process id of the server itself; raises when it was never started."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives (a frozen one lives too)."""
        return self._child is not None and self._child.poll() is None

    @property
    def status(self) -> int:
        """The exit status of the process that has ended; a negative one names the signal."""
        if self._child is None or self._child.returncode is None:
            raise RuntimeError(f"{self.name} has not ended")
        return self._child.returncode

    def start(self) -> Self:
        """Start and return when the server answers; nothing happens when it runs already."""
        if self.is_running:
            return self
        self._prepare()
        with self.log.open("ab") as output:
            self._child = spawn(
                self._command(),
                environment=self._environment(),
                folder=self.folder,
                output=output,
                owner=self._owner(),
            )
        try:
            wait_until(
                self._is_ready, child=self._child, name=self.name, within_s=self.start_within_s, log=self.log
            )
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End the server in order, by force after `stop_within_s`."""
        if self._child is not None:
            stop_child(self._child, within_s=self.stop_within_s, by=self.stop_signal)
        self._clear()

    def kill(self) -> None:
        """SIGKILL, as a crash would: the data stay as they are on disk."""
        if self._child is not None:
            kill_group(self._child)
        self._clear()

    def restart(self) -> None:
        """Stop in order and start again on the same ports and data."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT after `freeze`."""
        os.kill(self.pid, signal.SIGCONT)

    def wipe(self) -> None:
        """Delete all data of the stopped server; the next start begins empty, on the same ports."""
        if self.is_running:
            raise RuntimeError(f"{self.name} still runs; stop or kill it before its data are wiped")
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry != self.log:
                entry.unlink()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._is_temporary:
            self.dispose()
        else:
            self.stop()

    def dispose(self) -> None:
        """End the server and delete its folder: nobody needs the data any more."""
        self.stop()
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)


def find_program(candidates: Sequence[str | Path], *, package: str) -> Path:
    """The first existing program of the candidates; ProgramMissing names the Debian package otherwise."""
    for candidate in candidates:
        found = shutil.which(candidate)
        if found:
            return Path(found)
    raise ProgramMissing(f"{package} is not installed: sudo apt-get install {package}")
