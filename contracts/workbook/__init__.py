"""Rows -> .xlsx in flat memory. Knows no task run and no place where files are published."""

from __future__ import annotations

from contracts.workbook.about import About, Year
from contracts.workbook.writing import write_xlsx

__all__ = ["About", "Year", "write_xlsx"]
