"""What a workbook can hold. Source: Excel specifications and limits, Microsoft Support."""

SHEET_ROWS = 1_048_575
"""Rows of a sheet below its header."""
CELL_UNITS = 32_767
"""UTF-16 code units of a cell's text."""
