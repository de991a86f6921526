"""Folders that belong to a living process: locked while it needs them, swept once it is dead.

The lock is on a file in the folder, and the system gives it back however the process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

# A file, because flock on the folder itself works on local disks only (docs/decisions/0018).
LOCK = ".lock"


class LockedFolder:
    """A new folder that sweepers leave alone until it is removed or released, or its process dies."""

    def __init__(self, make: Callable[[], Path]) -> None:
        """``make`` makes the folder and tells its path."""
        while True:
            self.path = make()
            # A sweeper that comes between takes the folder for one that was left, and removes it.
            with contextlib.suppress(FileNotFoundError):
                self._lock = _open_lock(self.path, wait=True)
                if _is_lock_of(self.path, self._lock):
                    return
                os.close(self._lock)

    def remove(self) -> None:
        """Delete the folder, which may be gone already, and give the lock back."""
        # In this order: a sweeper that found the lock free would delete the same files beside us.
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


@contextlib.contextmanager
def lock_abandoned(folder: Path) -> Iterator[bool]:
    """Whether the process of ``folder`` is dead; then nobody else takes the folder inside the block."""
    try:
        lock = _open_lock(folder, wait=False)
    except OSError:  # in use, gone meanwhile, another user's, or on a disk that takes no locks
        yield False
        return
    try:
        yield _is_lock_of(folder, lock)
    finally:
        os.close(lock)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else is inside such a block of the same folder."""
    lock = _open_lock(folder, wait=True)
    try:
        yield
    finally:
        os.close(lock)


def remove_abandoned(folder: Path) -> None:
    """Delete ``folder`` if its process is dead."""
    with lock_abandoned(folder) as dead:
        if dead:
            shutil.rmtree(folder, ignore_errors=True)


def _open_lock(folder: Path, *, wait: bool) -> int:
    """A descriptor that holds the folder's lock until it is closed. Raises BlockingIOError or waits."""
    # Not O_EXCL: the file of a dead process says nothing, only the lock on it does.
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Not lockf: it lets everybody in the same process through, where a sweep meets the folders of others.
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_lock_of(folder: Path, lock: int) -> bool:
    """Whether the file that is locked is still the one in the folder, and not one that was deleted."""
    # A deleted file can be locked as well, but whoever comes next opens another one.
    try:
        return os.path.samestat(os.stat(folder / LOCK), os.fstat(lock))
    except FileNotFoundError:
        return False
