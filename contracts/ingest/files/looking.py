"""The look at the headers of all files, before the first of them is read: a fault in the last of fifty files
is told in seconds, and together with those of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import BadFile, BadFiles
from contracts.ingest.files.containers import Given, blame, unpack
from contracts.ingest.files.kinds import Kind
from contracts.ingest.sources import Generation
from contracts.ingest.text.csv_files import look_at_csv
from contracts.ingest.workbooks.xlsx_files import look_at_workbook


def look_at_files(
    files: Sequence[Path], folder: Path, *, told: Generation | None = None, encoding: str | None = None
) -> list[Given]:
    """What ``files`` are and hold, each with a header that is known; what is unpacked lies in ``folder``.

    Raises BadFile, or BadFiles where more than one cannot be read.
    """
    found: list[Given] = []
    faults: list[BadFile] = []
    for number, path in enumerate(files):
        try:
            for given in unpack(path, folder / str(number)):
                found.append(given)
                faults += _look(given, told, encoding)
        except BadFile as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else BadFiles(faults)
    return found


def _look(given: Given, told: Generation | None, encoding: str | None) -> Sequence[BadFile]:
    """What is wrong with its header, if something is."""
    try:
        with blame(given.path):
            if given.kind is Kind.XLSX:
                look_at_workbook(given.path, told)
            else:
                look_at_csv(given.path, told, encoding=encoding)
    except BadFile as fault:
        return [fault]
    return []
