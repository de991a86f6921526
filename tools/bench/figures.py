"""The figures that `python -m tools.bench` reports, and the bars we set. Measures nothing.

A bar is one of two kinds: a time or size that must not be passed on this machine at full size, or a ratio to
a peer that ran beside us on the same rows, which holds at any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SMOKE_SLACK = 4
"""How far below its bar a ratio may fall at small sizes, where what is fixed weighs more."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a figure says, its unit, and the bar: at most or at least so much."""

    what: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    ratio: bool = False

    def met_by(self, value: float, *, slack: float = 1) -> bool:
        if self.at_most is not None:
            return value <= self.at_most * slack
        return value * slack >= (self.at_least or 0)

    def describe(self) -> str:
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least or 0:g}"


def _times(what: str, at_least: float) -> Bar:
    return Bar(what=what, unit="times as fast", at_least=at_least, ratio=True)


def _as_long(what: str, at_most: float) -> Bar:
    return Bar(what=what, unit="times as long", at_most=at_most, ratio=True)


BARS: Mapping[str, Bar] = {
    "xlsx_vs_openpyxl": _times(".xlsx beside openpyxl, write-only", 30),
    "xlsx_vs_xlsxwriter": _times(".xlsx beside XlsxWriter, constant memory", 20),
    "xlsx_vs_rustpy": _times(".xlsx beside rustpy-xlsxwriter", 3),
    "xlsx_vs_deflate_floor": _as_long(".xlsx beside deflating its XML alone", 3),
    "rss_1m_mb": Bar(what="memory of an export of a fifth of the rows", unit="MB", at_most=600),
    "rss_5m_mb": Bar(what="memory of an export of all rows", unit="MB", at_most=600),
    "rss_5m_vs_1m": Bar(what="the second beside the first", unit="times as much", at_most=1.15, ratio=True),
    "csv_vs_copy": _as_long("CSV beside DuckDB's bare COPY", 1.5),
    "parquet_vs_copy": _as_long("Parquet beside DuckDB's bare COPY", 1.5),
    "search_ms": Bar(what="keyword: count, total and top 50 by amount", unit="ms", at_most=30),
    "search_vs_ilike": _times("the same beside PostgreSQL, ILIKE scan", 20),
    "search_vs_trigram": _times("the same beside PostgreSQL, trigram index", 1),
    "deep_page_ms": Bar(what="page 10,000 of a search by amount, with the count", unit="ms", at_most=100),
    "aggregates_cold_ms": Bar(what="all totals with a filter", unit="ms", at_most=400),
    "aggregates_cached_ms": Bar(what="the same question again", unit="ms", at_most=5),
    "text_ms": Bar(what="three typed words: count, total and top 50 by amount", unit="ms", at_most=30),
    "pattern_ms": Bar(what="names by pattern: count, total and top 50 by amount", unit="ms", at_most=30),
    "number_ms": Bar(what="a contract by its number", unit="ms", at_most=5),
    "suggest_ms": Bar(what="suggestions of names", unit="ms", at_most=20),
    "table_ms": Bar(what="all contractors by count, the first page", unit="ms", at_most=1000),
    "table_all_ms": Bar(what="the same with all measures", unit="ms", at_most=2000),
    "table_page_ms": Bar(what="another page of it", unit="ms", at_most=100),
    "cross_table_ms": Bar(what="contractors by year, the first page", unit="ms", at_most=1000),
    "distribution_ms": Bar(what="800 bands of amounts", unit="ms", at_most=1000),
    "table_xlsx_s": Bar(what="all contractors by count, POST to .xlsx", unit="s", at_most=5),
    "table_xlsx_mb": Bar(what="memory of that workbook", unit="MB", at_most=300),
    "entity_page_ms": Bar(what="page of a name, seen for the first time, over HTTP", unit="ms", at_most=150),
    "contract_page_ms": Bar(what="page of a contract, likewise", unit="ms", at_most=150),
    "cached_http_ms": Bar(what="POST to finished, cached answer over HTTP", unit="ms", at_most=15),
    "import_5m_s": Bar(what="import of as many raw rows, index and cube included", unit="s", at_most=300),
    "import_5m_mb": Bar(what="memory of that import", unit="MB", at_most=2000),
}


def list_missed(figures: Mapping[str, float], *, smoke: bool) -> list[str]:
    """The figures that miss their bars; in a smoke run only ratios count, and with slack."""
    return [
        name
        for name, value in figures.items()
        if (bar := BARS[name]).ratio or not smoke
        if not bar.met_by(value, slack=SMOKE_SLACK if smoke else 1)
    ]


def show_table(figures: Mapping[str, float]) -> list[str]:
    """Lines of a Markdown table, in the order of BARS."""
    lines = ["| Figure | Measured | Bar | |", "|---|---:|---:|---|"]
    for name, bar in BARS.items():
        if name in figures:
            verdict = "" if bar.met_by(figures[name]) else "missed"
            lines.append(
                f"| {bar.what} (`{name}`) | {figures[name]:,.2f} {bar.unit} | {bar.describe()} | {verdict} |"
            )
    return lines
