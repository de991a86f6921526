"""LibreOffice as a reader of workbooks: all of them in one call, because its start takes seconds."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from pathlib import Path

PROGRAM = "/usr/lib/libreoffice/program/soffice"
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Comma, quote, UTF-8, from line 1, as shown, and the last token: each sheet into a file of its own."""


def convert_sheets(workbooks: Sequence[Path], out: Path) -> None:
    """Write every sheet as ``<workbook>-<sheet>.csv`` into the new folder ``out``."""
    profile = f"-env:UserInstallation={(out.parent / 'libreoffice').as_uri()}"
    command = [PROGRAM, "--headless", profile, "--convert-to", EVERY_SHEET, "--outdir", str(out)]
    subprocess.run([*command, *map(str, workbooks)], check=True, capture_output=True, timeout=300)


def read_sheet(out: Path, workbook: Path, sheet: str) -> list[list[str]]:
    with (out / f"{workbook.stem}-{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))
