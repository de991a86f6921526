"""How long rankings, cross tables and distributions take in the engine, and a ranking's way into a workbook.

``python -m tools.bench.tables`` measures them. Each question is asked cold: what the store remembers is
forgotten before.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contracts.engine.store import Reader, Store
from contracts.questions.query import Page
from contracts.questions.tables import MEASURES, Bands, Table, TableSort
from contracts.snapshot.versions import Snapshot
from contracts.writers.workbook import About, write_xlsx
from tools.bench.dataset import ForDevelopers, prepare_snapshot, read_peak_rss_mb, read_rows, run_apart
from tools.bench.queries import FILTERS, time_question
from tools.bench.serving import serve
from tools.stack.client import TASKS, Client

MEMORY_MB = 75
"""As the worker's, in ``data_processing.kinds.table_export``."""
ALL = tuple(MEASURES)
BY_COUNT = Table(sort=TableSort(field="count"))
EVERYTHING = Table(sort=TableSort(field="count"), measures=ALL)
CROSSED = Table(columns="year", measures=("count", "total_value"))
SPREAD = Table(
    rows="value_band",
    bands=Bands(scale="logarithmic", steps=50, count=800),
    measures=("count", "total_value"),
    sort=TableSort(field="label", descending=False),
)
REPEATS = 5


def measure(rows: int) -> Mapping[str, float]:
    """The engine's figures, and table_xlsx_*: a ranking from POST to file, and the memory that it takes."""
    snapshot = prepare_snapshot(rows)
    apart = run_apart("tools.bench.tables", "write", snapshot.path)
    return {
        **_measure_engine(snapshot),
        "table_xlsx_s": asyncio.run(_time_export(rows)),
        "table_xlsx_mb": apart["peak_mb"],
    }


def _measure_engine(snapshot: Snapshot) -> dict[str, float]:
    store = Store(snapshot)
    try:
        with store.reader() as reader:
            return _time_tables(store, reader)
    finally:
        store.close()


def _time_tables(store: Store, reader: Reader) -> dict[str, float]:
    ask = partial(time_question, store)
    figures = {
        "table_ms": ask("contractors by count", partial(reader.tabulate, BY_COUNT, Page())),
        "table_all_ms": ask("contractors, all measures", partial(reader.tabulate, EVERYTHING, Page())),
        "cross_table_ms": ask("contractors by year", partial(reader.tabulate, CROSSED, Page())),
        "distribution_ms": ask("800 bands", partial(reader.tabulate, SPREAD, Page(size=1000))),
    }
    for name, filters in FILTERS.items():
        table = EVERYTHING.model_copy(update={"filters": filters})
        ask(f"contractors, all measures, {name}", partial(reader.tabulate, table, Page()))
    second = partial(reader.tabulate, EVERYTHING, Page(number=2))
    figures["table_page_ms"] = time_question(None, "another page", second)
    return figures


async def _time_export(rows: int) -> float:
    """Median seconds from POST to SUCCESS seen, of all contractors by the usual measures."""
    took = []
    with serve(rows=rows) as site:
        site.start_processes()
        client = Client(site.url)
        for top in range(REPEATS):
            # Another request each time, or the file would be used again.
            body = {"sort": "-count", "top_columns": top + 1}
            began = time.perf_counter()
            task = await client.post(f"{TASKS}/table/export/", body)
            async for _ in client.follow(task["task_id"], within_s=60):
                pass
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def write(snapshot: Snapshot) -> dict[str, float]:
    """Write the workbook of all contractors in this process."""
    about = About(
        title="",
        sheet="Table",
        filters_in_words="",
        dataset_version=snapshot.version,
        sources=(),
        rows=0,
        total_value=snapshot.manifest().total_value,
        made_at=datetime.now(UTC),
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        Store(snapshot, memory_limit_mb=MEMORY_MB).reader() as reader,
    ):
        began = time.perf_counter()
        rows = reader.rows_of_table(BY_COUNT)
        path = Path(folder) / "table.xlsx"
        for _ in write_xlsx(rows, path, about=about, total_rows=rows.count):
            pass
        seconds = time.perf_counter() - began
        mb = path.stat().st_size / 1e6
    return {"rows": rows.count, "seconds": seconds, "peak_mb": read_peak_rss_mb(), "mb": mb}


def main() -> None:
    match sys.argv[1:]:
        case ["write", path]:
            ForDevelopers.hide()
            print(json.dumps(write(Snapshot(Path(path)))))
        case ["engine"]:
            print(json.dumps(_measure_engine(prepare_snapshot(read_rows()))))
        case _:
            print(json.dumps(measure(read_rows())))


if __name__ == "__main__":
    main()
