"""A small file system for the export folder, so that it can be full. Knows no file in it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 600
FILLER = ".filler"
PAGE = 4096


@dataclass(frozen=True, kw_only=True)
class SmallDisk:
    """A tmpfs at `folder`. Where mounting is not allowed, `is_small` is False and `fill` is no use."""

    folder: Path
    is_small: bool

    def fill(self) -> None:
        """Leave no space, although others write meanwhile."""
        size, piece = 0, SIZE_MB << 20
        with (self.folder / FILLER).open("wb") as file:
            while piece >= PAGE:
                try:
                    os.posix_fallocate(file.fileno(), size, piece)
                    size += piece
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    piece //= 2

    def free(self) -> None:
        """Give the space back."""
        (self.folder / FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """The folder as a small disk, until the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "chaos", str(folder)]
    is_small = os.geteuid() == 0 and not subprocess.run(mount, check=False, capture_output=True).returncode
    try:
        yield SmallDisk(folder=folder, is_small=is_small)
    finally:
        if is_small:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
