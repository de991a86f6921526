"""Our writers beside openpyxl (write-only) and XlsxWriter (constant memory), each in a process of its own.

Usage: python bench/exports.py [--rows 1000000] [--peer-rows 20000]. Prints a table and, last, a line of JSON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import xlsxwriter  # type: ignore[import-untyped]
from isal import isal_zlib

from contracts import layout
from contracts.delimited import write_csv
from contracts.fields import FIELD_BY_NAME, FieldType
from contracts.query import Query
from contracts.snapshot import DATABASE, Snapshot
from contracts.store import Reader, Store
from contracts.workbook import About, write_xlsx

QUERY = Query()
PEERS = ("openpyxl", "xlsxwriter")
ABOUT = About(
    title="Bench",
    filters_in_words="all contracts",
    dataset_version="bench",
    sources=("synthetic",),
    rows=0,
    total_value=Decimal(0),
    made_at=datetime(2026, 1, 1, tzinfo=UTC),
)
GOODS = "['Office Supplies', 'Construction Materials', 'Medical Supplies & Reagents', 'Road Repair', 'IT']"
AWARDS = f"""
CREATE TEMP VIEW awards AS SELECT
    lpad((10000000 + i)::VARCHAR, 10, '0') AS reference_id,
    (500000 + i)::VARCHAR AS award_number,
    CASE WHEN hash(i, 2) % 10 > 1 THEN 'C-' || hash(i, 2) % 99999 || '-' || i % 12 END AS contract_number,
    DATE '2013-01-01' + (hash(i, 3) % 4400)::INTEGER AS award_date,
    DATE '2013-01-01' + (hash(i, 3) % 4400)::INTEGER - 40 AS publish_date,
    DATE '2013-01-01' + (hash(i, 3) % 4400)::INTEGER - 20 AS closing_date,
    'Supply and Delivery of ' || {GOODS}[1 + (hash(i, 4) % 5)::INTEGER] || ', lot ' || hash(i, 5) % 100000
        || ', for the use of the Provincial Engineering Office' AS award_title,
    'Procurement of ' || {GOODS}[1 + (hash(i, 4) % 5)::INTEGER] || ' under purchase request '
        || hash(i, 6) % 1000000 AS notice_title,
    'CONTRACTOR ' || hash(i, 7) % 70000
        || CASE hash(i, 7) % 10 WHEN 0 THEN ' & SONS' ELSE ' GENERAL MERCHANDISE' END AS awardee_name,
    'MUNICIPALITY NO. ' || hash(i, 8) % 20000 || ', PROVINCE OF PEÑA' AS organization_name,
    CASE WHEN hash(i, 9) % 100 > 7 THEN 'Area ' || hash(i, 9) % 88 END AS area_of_delivery,
    'Business category number ' || hash(i, 10) % 170 AS business_category,
    'Goods' AS classification,
    CASE hash(i, 11) % 3 WHEN 0 THEN 'Public Bidding'
        ELSE 'Negotiated Procurement - Small Value Procurement (Sec. 53.9)' END AS procurement_mode,
    'Government of the Philippines' AS funding_source,
    'Awarded' AS award_status,
    ((1 + hash(i, 12) % 1000000000) / 100)::DECIMAL(18, 2) AS approved_budget,
    ((1 + hash(i, 13) % 1000000000) / 100)::DECIMAL(18, 2) AS contract_amount,
    1::BIGINT AS line_items, 'philgeps' AS source, '2024.csv' AS source_file
FROM range({{rows}}) numbers(i)
"""


def build_snapshot(folder: Path, rows: int) -> None:
    with duckdb.connect(str(folder / DATABASE), config={"memory_limit": "2GB", "threads": 2}) as con:
        con.execute(AWARDS.format(rows=rows))
        layout.build(con, "awards")


def read_rows(reader: Reader, rows: int) -> Iterator[tuple[Any, ...]]:
    values = (
        row
        for batch in reader.stream(QUERY)
        for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)
    )
    return islice(values, rows)


def write_ours(reader: Reader, path: Path, rows: int) -> None:
    for _ in write_xlsx(reader, QUERY, path, about=ABOUT, total_rows=rows):
        pass


def write_our_csv(reader: Reader, path: Path, rows: int) -> None:
    for _ in write_csv(reader, QUERY, path, total_rows=rows):
        pass


def write_with_openpyxl(reader: Reader, path: Path, rows: int) -> None:
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Contracts")
    for row in read_rows(reader, rows):
        sheet.append(row)
    workbook.save(path)


def write_with_xlsxwriter(reader: Reader, path: Path, rows: int) -> None:
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet("Contracts")
    day, amount = (
        workbook.add_format({"num_format": "yyyy-mm-dd"}),
        workbook.add_format({"num_format": "0.00"}),
    )
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


WRITERS = {
    "ours .xlsx": write_ours,
    "ours .csv": write_our_csv,
    "openpyxl": write_with_openpyxl,
    "xlsxwriter": write_with_xlsxwriter,
}


def measure(writer: str, folder: Path, rows: int) -> dict[str, Any]:
    """In this process: seconds, peak memory and size of one export."""
    path = folder / f"{writer.replace(' ', '')}.out"
    store = Store(Snapshot(folder))
    with store.reader() as reader:
        started, cpu = time.perf_counter(), time.process_time()
        WRITERS[writer](reader, path, rows)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    return {
        "writer": writer,
        "rows": rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_s": round(rows / seconds),
        "peak_rss_mb": read_peak_rss_mb(),
        "size_mb": round(path.stat().st_size / 1e6, 1),
    }


def measure_deflate(workbook: Path) -> dict[str, Any]:
    """Seconds that isal, level 1, takes for the sheets of ``workbook``, read in blocks of 4 MB."""
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
    return {"deflate_seconds": round(seconds, 2), "sheet_xml_mb": round(size / 1e6)}


def read_peak_rss_mb() -> int:
    """Of this process alone; getrusage would start from the peak of the parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def run_in_process(writer: str, folder: Path, rows: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", writer, "--folder", str(folder), "--rows", str(rows)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(output))


def compare(folder: Path, rows: int, peer_rows: int) -> None:
    build_snapshot(folder, rows)
    results = [
        run_in_process(writer, folder, min(rows, peer_rows) if writer in PEERS else rows)
        for writer in WRITERS
    ]
    by_writer = {result["writer"]: result for result in results}
    ours = by_writer["ours .xlsx"]
    deflate = measure_deflate(folder / "ours.xlsx.out")
    print(f"{'writer':<12}{'rows':>10}{'s':>9}{'cpu s':>9}{'rows/s':>10}{'RSS MB':>8}{'MB':>9}")
    for r in results:
        print(
            f"{r['writer']:<12}{r['rows']:>10}{r['seconds']:>9}{r['cpu_seconds']:>9}{r['rows_per_s']:>10}"
            f"{r['peak_rss_mb']:>8}{r['size_mb']:>9}"
        )
    ratios = {
        "times_openpyxl": round(ours["rows_per_s"] / by_writer["openpyxl"]["rows_per_s"], 1),
        "times_xlsxwriter": round(ours["rows_per_s"] / by_writer["xlsxwriter"]["rows_per_s"], 1),
        "times_deflate_alone": round(ours["seconds"] / deflate["deflate_seconds"], 2),
    }
    print(f"deflating the same {deflate['sheet_xml_mb']} MB alone: {deflate['deflate_seconds']} s; {ratios}")
    print(json.dumps({"results": results, **deflate, **ratios}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--measure", choices=WRITERS)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.folder, arguments.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), arguments.rows, arguments.peer_rows)


if __name__ == "__main__":
    main()
