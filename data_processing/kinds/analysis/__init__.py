"""The kinds that report on contracts: for an answer, and into a workbook."""
