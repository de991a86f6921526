"""``python -m tools.bench.analysis [ROWS]``: how long reports take that nobody has asked for before, of a
contractor, an organization, words, a year and all, and beside them searches by a keyword in the same process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping

from contracts.engine.store import Reader, Store
from contracts.flags.counts import MOST_CONTRACTS, count_flags
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation, Page, Query
from tools.bench.dataset import prepare_snapshot, read_peak_rss_mb, read_rows

BAR_S = 5.0
"""On two processors of the usual machine."""
KEYWORDS = ("flood control", "school building", "rehabilitation")


def list_questions(reader: Reader) -> Iterator[tuple[str, Filters]]:
    """The largest contractor and organization, the 200th contractor, contracts of a word, those of a year."""
    asked = Aggregation(dimensions=("by_contractor", "by_organization"), top_n=200)
    answer = reader.aggregate(asked)
    yield "contractor", Filters(contractors=(answer["by_contractor"][0]["label"],))  # type: ignore[typeddict-item]
    yield "small_contractor", Filters(contractors=(answer["by_contractor"][199]["label"],))  # type: ignore[typeddict-item]
    yield "organization", Filters(organizations=(answer["by_organization"][0]["label"],))  # type: ignore[typeddict-item]
    yield "words", Filters(keywords=("flood control",))
    yield "year", Filters.from_json({"time_ranges": [{"type": "yearly", "year": 2023}]})
    yield "all", Filters()


def measure(rows: int) -> Mapping[str, float]:
    """Seconds of each report and of each search, and megabytes at the peak."""
    store = Store(prepare_snapshot(rows), memory_limit_mb=512)
    try:
        with store.reader() as reader:
            questions = list(list_questions(reader))
        figures = {f"search_{keyword.replace(' ', '_')}_s": _search(store, keyword) for keyword in KEYWORDS}
        for name, filters in questions:
            store.forget()
            figures |= {f"{name}_{part}": value for part, value in _report(store, filters).items()}
        return {**figures, "peak_mb": read_peak_rss_mb()}
    finally:
        store.close()


def _search(store: Store, keyword: str) -> float:
    store.forget()
    with store.reader() as reader:
        began = time.perf_counter()
        reader.search(Query(filters=Filters(keywords=(keyword,))), Page())
        return round(time.perf_counter() - began, 3)


def _report(store: Store, filters: Filters) -> dict[str, float]:
    with store.reader() as reader:
        began, worked = time.perf_counter(), time.process_time()
        report = reader.analyze(filters)
        reported = time.perf_counter()
        contracts = report["summary"]["count"]
        if contracts <= MOST_CONTRACTS:
            list(count_flags(filters, reader))
        ended = time.perf_counter()
    return {
        "contracts": contracts,
        "report_s": round(reported - began, 3),
        "flags_s": round(ended - reported, 3),
        "whole_s": round(ended - began, 3),
        # Of both threads, which tells what it costs where others use the machine meanwhile.
        "processor_s": round(time.process_time() - worked, 3),
    }


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else read_rows()
    figures = measure(rows)
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:,}")
    slow = [name for name, value in figures.items() if name.endswith("_whole_s") and value > BAR_S]
    print(f"above {BAR_S:g} s: {', '.join(slow) or 'none'}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
