"""How long searches, totals and suggestions take in the engine, searches beside PostgreSQL on the same rows.

``python -m tools.bench.queries`` measures the engine alone, ``python -m tools.bench`` its peers too. Each
question is asked cold: what the store remembers is forgotten before.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import psycopg

from contracts.engine.store import Reader, Store
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation, Page, Query, Sort
from contracts.snapshot.versions import Snapshot
from tools.bench import postgres
from tools.bench.dataset import prepare_snapshot, read_rows

KEYWORDS = (
    ("flood control",),
    ("flood con",),
    ("revetment",),
    ("office",),
    ("drugs", "medicines"),
    ("multi-purpose",),
    ("metro manila",),
    ("supply and delivery of",),
)
"""Phrases as people type them: rare and frequent, one word and several, one that ends inside a word."""
FILTERS = {
    "year": Filters.from_json({"time_ranges": [{"type": "yearly", "year": 2024}]}),
    "quarter": Filters.from_json({"time_ranges": [{"type": "quarterly", "year": 2023, "quarter": 2}]}),
    "area and amount": Filters.from_json({"areas": ["Metro Manila"], "value_range": {"min": "100000"}}),
    "amount": Filters.from_json({"value_range": {"min": "1000000"}}),
    "keyword": Filters(keywords=("flood control",)),
    "frequent keyword": Filters(keywords=("supply",)),
}
TEXTS = (
    "flood control bulacan",
    "supply delivery office",
    "road concrete cebu",
    "dpwh flood bulacan",
    "drugs medicines leyte",
    "construction multi-purpose building",
    "repair school metro",
    "flo con bul",
)
"""Words as people type them into the box: of titles, names, areas and categories, frequent and rare."""
PATTERNS = (
    ("organizations", "public works"),
    ("organizations", "municipality"),
    ("organizations", "education && division"),
    ("contractors", "construction"),
    ("contractors", "builders && inc"),
    ("areas", "manila"),
)
TYPED = ("flood", "con", "a", "")
BY_AMOUNT = Sort(field="contract_amount")
DEEP = 10_000


def measure(rows: int) -> Mapping[str, float]:
    """The engine's figures, and search_vs_* beside PostgreSQL on the same contracts; prints their parts."""
    figures, ours = _measure_engine(rows)
    with tempfile.TemporaryDirectory(prefix="bench-postgresql-") as folder:
        Path(folder).chmod(0o711)
        scan, trigram = _measure_peers(prepare_snapshot(rows), Path(folder))
    for name, peer in (("search_vs_ilike", scan), ("search_vs_trigram", trigram)):
        figures[name] = statistics.median(theirs / our for theirs, our in zip(peer, ours, strict=True))
    return figures


def _measure_engine(rows: int) -> tuple[dict[str, float], list[float]]:
    """search_ms, deep_page_ms, aggregates_* and suggest_ms, and the time of each search."""
    store = Store(prepare_snapshot(rows))
    try:
        with store.reader() as reader:
            ours = _measure_searches(store, reader)
            return {"search_ms": statistics.median(ours), **_measure_others(store, reader, rows)}, ours
    finally:
        store.close()


def _measure_searches(store: Store, reader: Reader) -> list[float]:
    took = []
    for keyword in map(" && ".join, KEYWORDS):
        query = Query(filters=Filters(keywords=(keyword,)), sort=BY_AMOUNT)
        took.append(time_question(store, f"search {keyword}", partial(_find, reader, query, Page())))
    return took


def _find(reader: Reader, query: Query, page: Page) -> None:
    reader.count(query.filters)
    reader.search(query, page)


def _measure_others(store: Store, reader: Reader, rows: int) -> dict[str, float]:
    ask = partial(time_question, store)
    frequent = Query(filters=Filters(keywords=("supply",)), sort=BY_AMOUNT)
    deep = Page(number=min(DEEP, rows // 500))
    totals = [
        ask(f"totals, {name}", partial(reader.aggregate, Aggregation(filters=filters)))
        for name, filters in FILTERS.items()
    ]
    for name, filters in FILTERS.items():
        ask(f"page and count, {name}", partial(_find, reader, Query(filters=filters), Page()))
    typed = [Filters.from_json({"text": text}) for text in TEXTS]
    patterns = [Filters.from_json({field: [{"contains": held}]}) for field, held in PATTERNS]
    [first] = reader.search(Query(columns=("reference_id",)), Page(number=rows // 2, size=1))
    number = Filters.from_json({"numbers": [first["reference_id"]]})
    again = partial(reader.aggregate, Aggregation(filters=FILTERS["keyword"]))
    ask("totals, all contracts", partial(reader.aggregate, Aggregation()))
    reader.suggest("contractors", "")
    return {
        "text_ms": _find_each(store, reader, typed),
        "pattern_ms": _find_each(store, reader, patterns),
        "number_ms": ask("number", partial(_find, reader, Query(filters=number), Page())),
        "deep_page_ms": ask("page 10,000 by amount", partial(_find, reader, frequent, deep)),
        "aggregates_cold_ms": statistics.median(totals),
        "aggregates_cached_ms": time_question(None, "totals again", again),
        "suggest_ms": statistics.median(
            ask(f"suggest {typed!r}", partial(reader.suggest, "contractors", typed)) for typed in TYPED
        ),
    }


def _find_each(store: Store, reader: Reader, all_filters: Sequence[Filters]) -> float:
    """The median of the times that these take to find, count and show."""
    return statistics.median(
        time_question(
            store,
            f"search {filters.describe()}"[:44],
            partial(_find, reader, Query(filters=filters, sort=BY_AMOUNT), Page()),
        )
        for filters in all_filters
    )


def time_question(
    store: Store | None, name: str, question: Callable[[], object], *, repeats: int = 7
) -> float:
    """Median milliseconds, cold where there is a store; the first answer, which may read the disk, is not
    counted."""
    question()
    took = []
    for _ in range(repeats):
        if store is not None:
            store.forget()
        started = time.perf_counter()
        question()
        took.append((time.perf_counter() - started) * 1000)
    print(f"  {name:44}{statistics.median(took):9.1f} ms", flush=True)
    return statistics.median(took)


def _measure_peers(snapshot: Snapshot, folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds of each search by a scan and by a trigram index."""
    with postgres.serve_contracts(snapshot, folder) as con:
        scan = _measure_peer(con, "ILIKE scan")
        postgres.add_trigram_index(con)
        return scan, _measure_peer(con, "trigram index")


def _measure_peer(con: psycopg.Connection, way: str) -> list[float]:
    return [
        time_question(
            None, f"{way} {' && '.join(phrases)}", partial(postgres.search, con, phrases), repeats=1
        )
        for phrases in KEYWORDS
    ]


if __name__ == "__main__":
    print(_measure_engine(read_rows())[0])
