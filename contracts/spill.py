"""Where sorts that exceed the memory go: a folder for each connection. Knows no database."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "contracts-spill-"


class SpillFolder:
    """A folder in the system's temporary one that goes with ``close``, or, after a SIGKILL, with the next
    folder that anybody makes: its lock tells a used one from one that was left."""

    def __init__(self) -> None:
        _remove_left()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = _open_locked(self.path)

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_left() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        # In use, gone meanwhile, or another user's.
        with contextlib.suppress(BlockingIOError, FileNotFoundError, PermissionError):
            lock = _open_locked(folder)
            try:
                shutil.rmtree(folder)
            finally:
                os.close(lock)


def _open_locked(folder: Path) -> int:
    """A descriptor that holds the folder's lock until it is closed. Raises BlockingIOError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor
