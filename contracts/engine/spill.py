"""Where sorts that exceed the memory go: a folder for each connection."""

from __future__ import annotations

import tempfile
from pathlib import Path

from contracts.snapshot.folders import LockedFolder, remove_abandoned

PREFIX = "contracts-spill-"


class SpillFolder:
    """A folder in the system's temporary one that goes with ``close``, or, after a SIGKILL, with the next
    folder that anybody makes."""

    def __init__(self) -> None:
        # DuckDB removes its files when it closes, but not when its process is killed: a sort of all contracts
        # leaves gigabytes then.
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            remove_abandoned(folder)
        self._folder = LockedFolder(lambda: Path(tempfile.mkdtemp(prefix=PREFIX)))
        self.path = self._folder.path

    def close(self) -> None:
        self._folder.remove()
