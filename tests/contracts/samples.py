"""Samples for tests: made, and read back as rows of text by other readers than the importer's."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook

from tools.sample import AnswerKey, SampleShape, generate


def make_sample(shape: SampleShape, out: Path) -> AnswerKey:
    """Run the generator to its end and return the answer key."""
    steps = generate(shape, out)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            key: AnswerKey = end.value
            return key


def read_rows(path: Path) -> list[list[str]]:
    """All records of a raw file, the lines above the header included."""
    if path.suffix == ".xlsx":
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        return [[str(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def find_header(rows: list[list[str]]) -> int:
    """Place of the first row whose cells are all filled."""
    return next(place for place, row in enumerate(rows) if len(row) > 3 and all(row))


def read_records(path: Path) -> Iterator[dict[str, str]]:
    """The data rows that have as many cells as the header, by column name."""
    rows = read_rows(path)
    start = find_header(rows)
    for row in rows[start + 1 :]:
        if len(row) == len(rows[start]) and any(row):
            yield dict(zip(rows[start], row, strict=True))
