"""The look at the headers of all files, before the first of them is read: a fault in the last of fifty files
is told in seconds, and together with those of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.errors import BadFile, BadFiles
from contracts.ingest.csv_files import look_at_csv
from contracts.ingest.sources import Generation, Header
from contracts.ingest.workbooks import look_at_workbook

_LOOKS: dict[str, Callable[[Path, Generation | None], Header]] = {
    ".csv": look_at_csv,
    ".xlsx": look_at_workbook,
}


def look_at_files(files: Sequence[Path], told: Generation | None = None) -> list[Header]:
    """The headers of ``files``. Raises BadFile, or BadFiles where more than one cannot be read."""
    headers, faults = [], []
    for path in files:
        try:
            headers.append(_look(path, told))
        except BadFile as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else BadFiles(faults)
    return headers


def _look(path: Path, told: Generation | None) -> Header:
    try:
        return _LOOKS[path.suffix.lower()](path, told)
    except OSError as error:
        raise BadFile(path.name, f"it cannot be read: {error.strerror}") from error
