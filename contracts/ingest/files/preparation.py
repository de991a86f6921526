"""Unpacking all files and looking at their headers, before the first of them is read: a fault in the last of
fifty files is told in seconds, and together with those of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.errors import BadFile, BadFiles
from contracts.ingest.files.containers import UnpackedFile, translate_os_errors, unpack
from contracts.ingest.files.kinds import Kind
from contracts.ingest.sources import Generation
from contracts.ingest.text.csv_files import read_csv_header
from contracts.ingest.workbooks.xlsx_files import read_workbook_header


def prepare_files(
    files: Sequence[Path], folder: Path, *, assumed: Generation | None = None, encoding: str | None = None
) -> list[UnpackedFile]:
    """What ``files`` are and hold, each with a header that is known; what is unpacked lies in ``folder``.

    Raises BadFile, or BadFiles where more than one cannot be read.
    """
    found: list[UnpackedFile] = []
    faults: list[BadFile] = []
    for number, path in enumerate(files):
        try:
            for file in unpack(path, folder / str(number)):
                found.append(file)
                faults += _look(file, assumed, encoding)
        except BadFile as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else BadFiles(faults)
    return found


def _look(file: UnpackedFile, assumed: Generation | None, encoding: str | None) -> Sequence[BadFile]:
    """What is wrong with its header, if something is."""
    try:
        with translate_os_errors(file.path):
            if file.kind is Kind.XLSX:
                read_workbook_header(file.path, assumed)
            else:
                read_csv_header(file.path, assumed, encoding=encoding)
    except BadFile as fault:
        return [fault]
    return []
