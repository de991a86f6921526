"""The sheet that says what a workbook holds, as openpyxl fills it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.styles import Alignment, Font

from contracts.fields import Field
from contracts.writers.excel import CELL_UNITS
from contracts.writers.workbook.about import About, Year

TITLE, BOLD = Font("Calibri", 14, bold=True), Font("Calibri", 11, bold=True)
TOP = Alignment(horizontal="left", vertical="top", wrap_text=True)


Content = str | int | float | Decimal
WIDTHS = {"A": 24, "B": 72, "C": 14}


def fill_about(sheet: Any, about: About, *, fields: Sequence[Field], cut_texts: int) -> None:
    """Fill an empty openpyxl ``sheet``."""
    for letter, width in WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    _append(sheet, about.title, font=TITLE)
    facts: list[tuple[str, Content]] = [
        *((("Sample data", about.sample),) if about.sample else ()),
        ("Filters", about.filters_in_words),
        *((("Data as of", about.as_of),) if about.as_of else ()),
        ("Dataset version", about.dataset_version),
        *((("How to cite", about.citation),) if about.citation else ()),
        ("Sources", "\n".join(about.sources)),
        ("Made at", f"{about.made_at:%Y-%m-%d %H:%M} {about.made_at.tzname()}"),
        *(("Note", note) for note in (*about.notes, *_notes_on_cuts(cut_texts))),
    ]
    for label, value in facts:
        _append(sheet, label, value)
    _append_summary(sheet, about)
    if about.years:
        _append_years(sheet, about.years)
    _append(sheet)
    _append(sheet, "Column", "Meaning", font=BOLD)
    for field in fields:
        _append(sheet, field.label, field.description + (f" In {field.unit}." if field.unit else ""))


def _append_summary(sheet: Any, about: About) -> None:
    _append(sheet)
    _append(sheet, "Summary", font=BOLD)
    _append(sheet, about.counted, about.rows)
    _append(sheet, "Total value (PHP)", about.total_value)
    if about.average_value is not None and about.median_value is not None:
        _append(sheet, "Average value (PHP)", about.average_value)
        _append(sheet, "Median value (PHP)", about.median_value)
    _append(sheet, "Contractors", about.contractors)
    _append(sheet, "Organizations", about.organizations)


def _append_years(sheet: Any, years: Sequence[Year]) -> None:
    """A table by year, and the chart that is drawn from its cells."""
    _append(sheet)
    _append(sheet, "Year of award", "Value (PHP)", "Contracts", font=BOLD)
    first = sheet.max_row + 1
    for year in years:
        label = int(year.label) if year.label else "no date"
        _append(sheet, label, year.value, year.rows)
    _draw_values(sheet, first=first, last=sheet.max_row)


def _draw_values(sheet: Any, *, first: int, last: int) -> None:
    chart = BarChart()
    chart.title, chart.legend, chart.gapWidth = "Contract value by year of award", None, 50
    chart.width, chart.height = 18, 9
    values = Reference(sheet, min_col=2, min_row=first, max_row=last)
    labels = Reference(sheet, min_col=1, min_row=first, max_row=last)
    series = Series(values, title="Value (PHP)")
    # Text, although they are numbers: Excel would else draw the years as values.
    series.cat = AxDataSource(strRef=StrRef(f=str(labels)))
    chart.series.append(series)
    chart.x_axis.title, chart.y_axis.title = "Year of award", "PHP"
    chart.y_axis.number_format = "#,##0"
    # openpyxl 3.1 says nothing by default, and Excel then draws no axes.
    chart.x_axis.delete = chart.y_axis.delete = False
    sheet.add_chart(chart, "E2")


def _notes_on_cuts(cut_texts: int) -> tuple[str, ...]:
    if not cut_texts:
        return ()
    return (
        f"{cut_texts:,} texts are longer than the {CELL_UNITS:,} characters of an Excel cell and were cut.",
    )


def _append(sheet: Any, label: Content = "", *values: Content, font: Font | None = None) -> None:
    """A row whose label is bold; all of it is in ``font`` where one is given."""
    # openpyxl says that an empty sheet has one row.
    row = sheet.max_row + 1 if sheet["A1"].value else 1
    for column, content in enumerate((label, *values), start=1):
        cell = sheet.cell(row, column)
        if font or column == 1:
            cell.font = font or BOLD
        fill_cell(cell, content)


def fill_cell(cell: Any, content: Content) -> None:
    """Put ``content`` into an openpyxl ``cell``; text is text, whatever it begins with."""
    cell.alignment = TOP
    if isinstance(content, str):
        # Nothing for an empty text, of which openpyxl makes a cell that says it holds a text and holds none.
        cell.value = _readable(content) or None
        if cell.value:
            cell.data_type = "s"  # openpyxl would take a text that begins with = for a formula
    else:
        cell.value = content
        # Not in the first column, where the year 2024 would read 2,024.
        if cell.column > 1:
            cell.number_format = "#,##0" if isinstance(content, int) else "#,##0.00"


def _readable(text: str) -> str:
    """Without control characters, and cut with an ellipsis where a cell is full."""
    clean: str = ILLEGAL_CHARACTERS_RE.sub("", text)
    # Excel counts UTF-16 units: a character beyond U+FFFF takes two, and half of it is none.
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * CELL_UNITS:
        return clean
    return units[: 2 * (CELL_UNITS - 1)].decode("utf-16-le", errors="ignore") + "…"
