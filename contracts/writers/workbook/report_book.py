"""Writing a workbook of a report: openpyxl makes all of it, because it has a few hundred rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.utils import get_column_letter

from contracts.fields import FieldType
from contracts.writers.outfile import open_whole
from contracts.writers.workbook.about_sheet import BOLD, TITLE, TOP, fill_cell
from contracts.writers.workbook.package import (
    CONTENT_TYPES,
    HEADER_ALIGNMENT,
    HEADER_FILL,
    HEADER_FONT,
    NUMBER_FORMATS,
    save_parts,
)
from contracts.writers.workbook.report import Cell, ReportChart, ReportSheet
from contracts.writers.workbook.zip_stream import ZipStream

# Of a bar that lies, so that its name can be read.
BAR_CM, LEAST_CM = 0.9, 8.0
WIDTH_CM = 22.0


def write_report(
    path: Path, sheets: Sequence[ReportSheet], *, facts: Sequence[tuple[str, str]], made_at: datetime
) -> None:
    """Write ``sheets`` and a sheet "About" with ``facts`` to ``path``. Equal ones give equal bytes.

    Raises OutOfSpace.
    """
    workbook = Workbook()
    workbook.remove(workbook.active)
    for sheet in sheets:
        _fill_sheet(workbook.create_sheet(sheet.name), sheet)
    _fill_facts(workbook.create_sheet("About"), facts)
    parts = save_parts(workbook, made_at)
    with open_whole(path) as file:
        archive = ZipStream(file)
        archive.add(CONTENT_TYPES, parts.pop(CONTENT_TYPES))
        for name, data in parts.items():
            archive.add(name, data)
        archive.close()


def _fill_sheet(sheet: Any, wanted: ReportSheet) -> None:
    for place, column in enumerate(wanted.columns, start=1):
        head = sheet.cell(1, place, column.label)
        head.font, head.fill, head.alignment = HEADER_FONT, HEADER_FILL, HEADER_ALIGNMENT
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    for number, row in enumerate(wanted.rows, start=2):
        for place, (column, content) in enumerate(zip(wanted.columns, row, strict=True), start=1):
            _fill(sheet.cell(number, place), content, column.type)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    if wanted.chart and wanted.rows:
        anchor = f"{get_column_letter(len(wanted.columns) + 2)}2"
        sheet.add_chart(_draw(sheet, wanted.chart, last=len(wanted.rows) + 1), anchor)


def _fill(cell: Any, content: Cell, kind: FieldType) -> None:
    if content is None:
        return
    fill_cell(cell, content)
    if isinstance(content, int | float | Decimal):
        cell.number_format = "#,##0" if kind is FieldType.INTEGER else NUMBER_FORMATS[kind]


def _draw(sheet: Any, wanted: ReportChart, *, last: int) -> Any:
    chart = LineChart() if wanted.lines else BarChart()
    chart.title, chart.legend = wanted.title, None
    chart.width, chart.height = WIDTH_CM, LEAST_CM
    if wanted.lying:
        chart.type, chart.height = "bar", max(LEAST_CM, BAR_CM * last)
        # Excel draws the first one at the bottom.
        chart.x_axis.scaling.orientation = "maxMin"
    values = Reference(sheet, min_col=wanted.value, min_row=2, max_row=last)
    labels = Reference(sheet, min_col=wanted.label, min_row=2, max_row=last)
    series = Series(values, title=wanted.up)
    # Text, also where it is a year: Excel would draw it as a value.
    series.cat = AxDataSource(strRef=StrRef(f=str(labels)))
    if wanted.lines:
        series.smooth = False
    chart.series.append(series)
    chart.x_axis.title, chart.y_axis.title = wanted.across or None, wanted.up
    chart.y_axis.number_format = "0%" if wanted.up == "Share" else "#,##0"
    # openpyxl 3.1 says nothing by default, and Excel then draws no axes.
    chart.x_axis.delete = chart.y_axis.delete = False
    return chart


def _fill_facts(sheet: Any, facts: Sequence[tuple[str, str]]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 100
    fill_cell(sheet.cell(1, 1), "Analysis of contracts")
    sheet.cell(1, 1).font = TITLE
    for number, (label, text) in enumerate(facts, start=2):
        fill_cell(sheet.cell(number, 1), label)
        sheet.cell(number, 1).font, sheet.cell(number, 1).alignment = BOLD, TOP
        fill_cell(sheet.cell(number, 2), text)
