"""The sheet that says what a workbook holds. Knows openpyxl, but neither rows nor files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font

from contracts.fields import FIELD_BY_NAME
from contracts.workbook.row_xml import MAX_UNITS

TITLE, BOLD = Font("Calibri", 14, bold=True), Font("Calibri", 11, bold=True)
TOP = Alignment(horizontal="left", vertical="top", wrap_text=True)


@dataclass(frozen=True, kw_only=True)
class About:
    """What people must know of an export. ``total_value`` is pesos, ``made_at`` an aware time."""

    title: str
    filters_in_words: str
    dataset_version: str
    sources: tuple[str, ...]
    rows: int
    total_value: Decimal
    made_at: datetime
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None:
            raise ValueError("made_at needs a time zone")


def fill_about(sheet: Any, about: About, *, columns: Sequence[str], cut_texts: int) -> None:
    """Fill an empty openpyxl ``sheet``."""
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 100
    _append(sheet, about.title, font=TITLE)
    facts: list[tuple[str, str | int | Decimal]] = [
        ("Filters", about.filters_in_words),
        ("Rows", about.rows),
        ("Total value (PHP)", about.total_value),
        ("Dataset version", about.dataset_version),
        ("Sources", "\n".join(about.sources)),
        ("Made at", f"{about.made_at:%Y-%m-%d %H:%M} {about.made_at.tzname()}"),
        *(("Note", note) for note in (*about.notes, *_notes_on_cuts(cut_texts))),
    ]
    for label, value in facts:
        _append(sheet, label, value)
    _append(sheet)
    _append(sheet, "Column", "Meaning", font=BOLD)
    for name in columns:
        field = FIELD_BY_NAME[name]
        _append(sheet, field.label, field.description + (f" In {field.unit}." if field.unit else ""))


def _notes_on_cuts(cut_texts: int) -> tuple[str, ...]:
    if not cut_texts:
        return ()
    return (
        f"{cut_texts:,} texts are longer than the {MAX_UNITS:,} characters of an Excel cell and were cut.",
    )


def _append(
    sheet: Any, label: str = "", value: str | int | Decimal = "", *, font: Font | None = None
) -> None:
    row = sheet.max_row + 1 if sheet["A1"].value else 1
    sheet.cell(row, 1).font = font or BOLD
    if font:
        sheet.cell(row, 2).font = font
    for column, content in enumerate((label, value), start=1):
        _fill_cell(sheet.cell(row, column), content)


def _fill_cell(cell: Any, content: str | int | Decimal) -> None:
    cell.alignment = TOP
    if isinstance(content, str):
        cell.value = _readable(content) or None
        if cell.value:
            cell.data_type = "s"  # openpyxl would take a text that begins with = for a formula
    else:
        cell.value = content
        cell.number_format = "#,##0.00" if isinstance(content, Decimal) else "#,##0"


def _readable(text: str) -> str:
    """Without control characters, and cut with an ellipsis where a cell is full."""
    clean: str = ILLEGAL_CHARACTERS_RE.sub("", text)
    units = clean.encode("utf-16-le")
    if len(units) <= 2 * MAX_UNITS:
        return clean
    return units[: 2 * (MAX_UNITS - 1)].decode("utf-16-le", errors="ignore") + "…"
