"""Our writers beside their peers over the same rows, each in a process of its own.

Usage: python -m tools.bench.exports. The .xlsx peers write fewer rows, being slow: rows per second are
compared.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter  # type: ignore[import-untyped]
from isal import isal_zlib
from rustpy_xlsxwriter import FastExcel

from contracts.engine.store import Reader, Store
from contracts.fields import FIELD_BY_NAME, FieldType
from contracts.questions.query import Query
from contracts.snapshot.expressions import Statement
from contracts.snapshot.versions import Snapshot
from contracts.writers.delimited import write_csv
from contracts.writers.parquet import write_parquet
from contracts.writers.workbook import About, write_xlsx
from tools.bench.dataset import prepare_snapshot, read_peak_rss_mb, run_apart
from tools.bench.dataset import read_rows as read_size

QUERY = Query()
ROUNDS = 3
PEER_ROWS = 30_000
MEMORY_MB = 200
"""As exports open their store (data_processing/kinds/export.py)."""
COPY_MEMORY_MB = 4000
"""A bare COPY of a million rows ends for want of memory in what our exports do with."""
ABOUT = About(
    title="Bench",
    filters_in_words="all contracts",
    dataset_version="bench",
    sources=("sample",),
    rows=0,
    total_value=Decimal(0),
    made_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def measure(rows: int) -> Mapping[str, float]:
    """The figures of exports; a fifth of ``rows`` is written, and all of them once for the memory."""
    part, whole = prepare_snapshot(rows // 5), prepare_snapshot(rows)
    peer_rows = min(PEER_ROWS, rows // 5)
    sizes = {"openpyxl": peer_rows, "xlsxwriter": peer_rows, "rustpy": peer_rows * 5}
    write_apart = partial(run_apart, "tools.bench.exports")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in (*WRITERS, "deflate")}
    with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
        for _ in range(ROUNDS):
            for name in WRITERS:
                limit = min(sizes.get(name, rows // 5), rows // 5)
                runs[name].append(write_apart(name, part.path, Path(folder) / name, limit))
            runs["deflate"].append(write_apart("deflate", part.path, Path(folder) / "xlsx", 0))
        large = write_apart("xlsx", whole.path, Path(folder) / "large", rows)
    pace = {name: statistics.median(run["rows"] / run["seconds"] for run in runs[name]) for name in WRITERS}
    for name, rows_per_s in pace.items():
        print(f"  {name}: {rows_per_s:,.0f} rows/s, {runs[name][-1]['mb']:,.0f} MB", flush=True)
    small_mb, large_mb = statistics.median(run["peak_mb"] for run in runs["xlsx"]), large["peak_mb"]
    took = {name: statistics.median(run["seconds"] for run in runs[name]) for name in runs}
    return {
        "xlsx_vs_openpyxl": pace["xlsx"] / pace["openpyxl"],
        "xlsx_vs_xlsxwriter": pace["xlsx"] / pace["xlsxwriter"],
        "xlsx_vs_rustpy": pace["xlsx"] / pace["rustpy"],
        "xlsx_vs_deflate_floor": took["xlsx"] / took["deflate"],
        "rss_1m_mb": small_mb,
        "rss_5m_mb": large_mb,
        "rss_5m_vs_1m": large_mb / small_mb,
        "csv_vs_copy": took["csv"] / took["copy csv"],
        "parquet_vs_copy": took["parquet"] / took["copy parquet"],
    }


def write_ours(write: Callable[..., Generator[Any, None, Any]], **options: Any) -> Callable[..., None]:
    def run(reader: Reader, path: Path, rows: int) -> None:
        for _ in write(reader.rows_of(QUERY), path, total_rows=rows, **options):
            pass

    return run


def copy_as(format_: str) -> Callable[..., None]:
    """DuckDB's bare COPY of the same rows in the same order, with its own settings."""

    def run(reader: Reader, path: Path, rows: int) -> None:
        columns = ", ".join(QUERY.columns)
        rows_sql = f"SELECT {columns} FROM contracts WHERE source = 'philgeps'"
        reader._cursor.execute(Statement(f"COPY ({rows_sql}) TO '{path}' (FORMAT {format_})"))

    return run


def read_rows(reader: Reader, rows: int) -> Iterator[tuple[Any, ...]]:
    values = (
        row
        for batch in reader.stream(QUERY)
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
    )
    return islice(values, rows)


def write_with_openpyxl(reader: Reader, path: Path, rows: int) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Contracts")
    for row in read_rows(reader, rows):
        sheet.append(row)
    workbook.save(path)


def write_with_xlsxwriter(reader: Reader, path: Path, rows: int) -> None:
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet("Contracts")
    day, amount = (workbook.add_format({"num_format": code}) for code in ("yyyy-mm-dd", "0.00"))
    writers: list[Callable[[int, int, Any], Any]] = [
        {
            FieldType.TEXT: sheet.write_string,
            FieldType.DATE: lambda r, c, v: sheet.write_datetime(r, c, v, day),
            FieldType.MONEY: lambda r, c, v: sheet.write_number(r, c, v, amount),
            FieldType.INTEGER: sheet.write_number,
        }[FIELD_BY_NAME[name].type]
        for name in QUERY.columns
    ]
    for number, row in enumerate(read_rows(reader, rows)):
        for column, value in enumerate(row):
            if value is not None:
                writers[column](number, column, value)
    workbook.close()


def write_with_rustpy(reader: Reader, path: Path, rows: int) -> None:
    """Its fastest way: records from a generator, decimals as floats."""
    records = (
        {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in zip(QUERY.columns, row, strict=True)
        }
        for row in read_rows(reader, rows)
    )
    FastExcel(str(path)).sheet("Contracts", records).save()


WRITERS: Mapping[str, Callable[[Reader, Path, int], None]] = {
    "xlsx": write_ours(write_xlsx, about=ABOUT),
    "openpyxl": write_with_openpyxl,
    "xlsxwriter": write_with_xlsxwriter,
    "rustpy": write_with_rustpy,
    "csv": write_ours(write_csv),
    "copy csv": copy_as("csv"),
    "parquet": write_ours(write_parquet),
    "copy parquet": copy_as("parquet"),
}


def run_here(name: str, snapshot: Snapshot, path: Path, rows: int) -> dict[str, float]:
    memory_mb = COPY_MEMORY_MB if name.startswith("copy") else MEMORY_MB
    with Store(snapshot, memory_limit_mb=memory_mb).reader() as reader:
        reader.count(QUERY.filters)
        started = time.perf_counter()
        WRITERS[name](reader, path, rows)
        seconds = time.perf_counter() - started
    mb = path.stat().st_size / 1e6
    return {"rows": rows, "seconds": seconds, "peak_mb": read_peak_rss_mb(), "mb": mb}


def deflate_sheets(workbook: Path) -> dict[str, float]:
    """The floor: seconds that isal, level 1, takes for the sheets of ``workbook``, in blocks of 4 MB."""
    seconds, size = 0.0, 0
    with zipfile.ZipFile(workbook) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
            with archive.open(name) as sheet:
                while block := sheet.read(4 << 20):
                    started = time.perf_counter()
                    deflate.compress(block)
                    seconds, size = seconds + time.perf_counter() - started, size + len(block)
    return {"seconds": seconds, "mb": size / 1e6}


def main() -> None:
    match sys.argv[1:]:
        case ["deflate", _, path, _]:
            print(json.dumps(deflate_sheets(Path(path))))
        case [name, snapshot, path, rows]:
            print(json.dumps(run_here(name, Snapshot(Path(snapshot)), Path(path), int(rows))))
        case _:
            print(json.dumps(measure(read_size())))


if __name__ == "__main__":
    main()
