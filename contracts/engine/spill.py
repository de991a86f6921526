"""Temporary folders for sorts that exceed the memory, one for each connection."""

from __future__ import annotations

import tempfile
from pathlib import Path

from contracts.snapshot.folders import LockedFolder, remove_abandoned

PREFIX = "contracts-spill-"


def make_spill_folder() -> LockedFolder:
    """A new folder in the system's temporary one; what a SIGKILL leaves goes with the next that is made."""
    # DuckDB removes its files when it closes, but not when its process is killed: a sort of all contracts
    # leaves gigabytes then.
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        remove_abandoned(folder)
    return LockedFolder(lambda: Path(tempfile.mkdtemp(prefix=PREFIX)))
