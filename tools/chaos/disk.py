"""A small file system for the export folder, so that it can be full. Knows no file in it."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

SIZE_MB = 600
FILLER = ".filler"
PAGE = 4096


class SmallDisk:
    """A tmpfs at `folder`. Where mounting is not allowed, `is_small` stays False and `fill` is no use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_small = False

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

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "chaos", str(self.folder)]
        if os.geteuid() == 0:
            self.is_small = subprocess.run(mount, check=False, capture_output=True).returncode == 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_small:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
