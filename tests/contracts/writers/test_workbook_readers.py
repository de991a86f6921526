"""Differential test: the strangest values, written by us and by openpyxl, are the same to three readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from openpyxl.cell import WriteOnlyCell

from contracts.fields import FIELD_BY_NAME, FieldType
from contracts.questions.query import Query
from contracts.writers.workbook.package import NUMBER_FORMATS
from tests.contracts import libreoffice
from tests.contracts.small_stores import make_award, open_awards
from tests.contracts.writers.test_workbook import (
    ALL_COLUMNS,
    AWARDS,
    EVERYTHING,
    expect_text,
    export,
    read_table,
    read_with_calamine,
    read_with_openpyxl,
)

QUERY = Query(filters=EVERYTHING, columns=ALL_COLUMNS)


def write_with_openpyxl(rows: Sequence[Sequence[Any]], path: Path) -> None:
    """The peer's way: a cell object for every value."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Contracts")
    sheet.append([FIELD_BY_NAME[name].label for name in ALL_COLUMNS])
    for row in rows:
        sheet.append([make_cell(sheet, name, value) for name, value in zip(ALL_COLUMNS, row, strict=True)])
    workbook.save(path)


def make_cell(sheet: Any, name: str, value: Any) -> Any:
    if isinstance(value, str):
        # What openpyxl leaves to its caller: legal characters, and escapes where it would lose some.
        text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", expect_text(value)).replace("\r", "_x000D_")
        cell = WriteOnlyCell(sheet, "text")
        cell._value = text  # past the check, which cuts escapes as if they were characters
        return cell if text else None
    cell = WriteOnlyCell(sheet, value)
    cell.number_format = NUMBER_FORMATS.get(FIELD_BY_NAME[name].type, "General")
    return cell


def without_blanks(award: dict[str, Any]) -> dict[str, Any]:
    """Text of nothing but blanks is missing: openpyxl writes it so that readers may drop the blanks."""
    return {
        name: None if isinstance(value, str) and not expect_text(value).strip() else value
        for name, value in award.items()
    }


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One table of random rows, written by us and by openpyxl: LibreOffice takes seconds for each file."""
    awards: list[dict[str, Any]] = []

    @settings(max_examples=25, deadline=None, phases=[Phase.generate], derandomize=True)
    @given(some=AWARDS)
    def collect(some: list[dict[str, Any]]) -> None:
        awards.extend(make_award(len(awards) + n, **without_blanks(award)) for n, award in enumerate(some))

    collect()
    folder = tmp_path_factory.mktemp("workbooks")
    ours, theirs = folder / "ours.xlsx", folder / "theirs.xlsx"
    with open_awards(awards) as store:
        export(store, ours, query=QUERY)
        write_with_openpyxl(read_table(store, QUERY), theirs)
    return ours, theirs


def assert_same(ours: Sequence[Sequence[Any]], theirs: Sequence[Sequence[Any]]) -> None:
    """Cell by cell, because a difference of whole tables cannot be read."""
    assert len(ours) == len(theirs) > 20
    for number, rows in enumerate(zip(ours, theirs, strict=True)):
        for name, *cells in zip(ALL_COLUMNS, *rows, strict=True):
            our, their = cells
            if number and our != their and FIELD_BY_NAME[name].type is FieldType.MONEY:
                # openpyxl rounds to 16 digits.
                assert float(our) == pytest.approx(float(their), rel=1e-15), (number, name)
            else:
                assert our == their, (number, name)


def test_openpyxl_reads_the_same(pair: tuple[Path, Path]) -> None:
    assert_same(*(read_with_openpyxl(path) for path in pair))


def test_calamine_reads_the_same(pair: tuple[Path, Path]) -> None:
    assert_same(*(read_with_calamine(path) for path in pair))


def test_libreoffice_reads_the_same(pair: tuple[Path, Path], tmp_path: Path) -> None:
    libreoffice.convert_sheets(pair, tmp_path / "csv")
    ours, theirs = (libreoffice.read_sheet(tmp_path / "csv", path, "Contracts") for path in pair)
    assert ours[0] == [FIELD_BY_NAME[name].label for name in ALL_COLUMNS]
    assert_same(ours, theirs)
