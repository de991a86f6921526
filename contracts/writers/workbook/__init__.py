"""Rows -> .xlsx in flat memory."""

from __future__ import annotations

from contracts.writers.workbook.about import About, Year
from contracts.writers.workbook.sheets import SheetPlan, join_sheets, plan_sheets, write_sheet
from contracts.writers.workbook.writing import write_xlsx

__all__ = ["About", "SheetPlan", "Year", "join_sheets", "plan_sheets", "write_sheet", "write_xlsx"]
