"""Rows -> .xlsx in flat memory.

What needs openpyxl is imported at its first use: every process of the product knows the kinds of tasks, few
of them write a workbook, and openpyxl took an eighth of each one's start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from contracts.writers.workbook.about import About, Year
from contracts.writers.workbook.report import ReportChart, ReportColumn, ReportSheet

if TYPE_CHECKING:
    from contracts.writers.workbook.report_book import write_report
    from contracts.writers.workbook.sheets import SheetPlan, join_sheets, plan_sheets, write_sheet
    from contracts.writers.workbook.writing import write_xlsx

__all__ = [
    "About",
    "ReportChart",
    "ReportColumn",
    "ReportSheet",
    "SheetPlan",
    "Year",
    "join_sheets",
    "plan_sheets",
    "write_report",
    "write_sheet",
    "write_xlsx",
]

_AT_FIRST_USE = {"write_xlsx": "writing", "write_report": "report_book"} | dict.fromkeys(
    ("SheetPlan", "join_sheets", "plan_sheets", "write_sheet"), "sheets"
)


def __getattr__(name: str) -> Any:
    if name not in _AT_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_AT_FIRST_USE[name]}"), name)
