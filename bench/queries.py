"""How long people wait for search, totals and suggestions on a large snapshot, beside the bars we set.

Usage: python -m bench.queries [--rows 5000000] [--snapshot DIR]. Without a snapshot, one of synthetic rows is
built under var/bench/ and kept. CPU beside the wall clock tells a slow query from a busy machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.layout import build, build_arrays
from contracts.query import Aggregation, Filters, Page, Query, Sort
from contracts.snapshot import DATABASE, Snapshot
from contracts.store import Reader, Store

ROOT = Path(__file__).parent.parent / "var" / "bench"
WORDS = """
CONSTRUCTION SUPPLY DELIVERY OF OFFICE SUPPLIES MEDICINES ROAD REPAIR CONCRETING BARANGAY SCHOOL BUILDING
FLOOD CONTROL REVETMENT RIVER WALL REHABILITATION PROCUREMENT VARIOUS MATERIALS FOR USE IN THE CITY HALL
EQUIPMENT LABORATORY CATERING SERVICES TRAINING FUEL VEHICLE LEASE SECURITY PRINTING ELEMENTARY DISTRICT
HOSPITAL DRUGS IMPROVEMENT PHASE BRIDGE MULTI-PURPOSE WATER SYSTEM SAN JOSE SANTA MARIA LUZON VISAYAS
"""
FILTERS = {
    "unfiltered": Filters(),
    "year": Filters.from_json({"time_ranges": [{"type": "yearly", "year": 2024}]}),
    "area and value": Filters.from_json({"areas": ["AREA 0", "AREA 5"], "value_range": {"min": "1000000"}}),
    "keyword": Filters(keywords=("flood control",)),
    "rare keyword": Filters(keywords=("revetment && laboratory && luzon",)),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something people wait for, and how long they may."""

    name: str
    bar_ms: int
    ask: Callable[[Reader], object]


def list_cases() -> Iterator[Case]:
    for name, filters in FILTERS.items():
        query = Query(filters=filters)
        by_value = Query(filters=filters, sort=Sort(field="contract_amount"))
        deep = Page(number=200)
        text = bool(filters.keywords)
        yield Case(name=f"aggregates, {name}", bar_ms=1500, ask=_aggregate(filters))
        yield Case(name=f"page and count, {name}", bar_ms=1000 if text else 500, ask=_page_and_count(filters))
        for label, asked, page in (
            ("", query, Page()),
            (" by value", by_value, Page()),
            (" 200", query, deep),
        ):
            yield Case(name=f"page{label}, {name}", bar_ms=1000 if text else 300, ask=_page(asked, page))
    for typed in ("flood", "con", ""):
        yield Case(name=f"suggest {typed!r}", bar_ms=50, ask=_suggest(typed))


def _aggregate(filters: Filters) -> Callable[[Reader], object]:
    return lambda reader: reader.aggregate(Aggregation(filters=filters))


def _page_and_count(filters: Filters) -> Callable[[Reader], object]:
    return lambda reader: reader.find(Query(filters=filters), Page())


def _page(query: Query, page: Page) -> Callable[[Reader], object]:
    return lambda reader: reader.search(query, page)


def _suggest(typed: str) -> Callable[[Reader], object]:
    return lambda reader: reader.suggest("contractors", typed)


def measure(reader: Reader, case: Case, *, repeats: int) -> tuple[float, float]:
    """Wall and CPU milliseconds of the quickest of ``repeats``."""
    best = (float("inf"), float("inf"))
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), _cpu_s()
        case.ask(reader)
        best = min(best, ((time.perf_counter() - wall) * 1000, (_cpu_s() - cpu) * 1000))
    return best


def _cpu_s() -> float:
    used = os.times()
    return used.user + used.system


def prepare(rows: int) -> Snapshot:
    """A snapshot of synthetic rows shaped like the real ones, built once."""
    folder = ROOT / f"queries-{rows}"
    if not folder.is_dir():
        building = folder.with_suffix(".building")
        building.mkdir(parents=True, exist_ok=True)
        (building / DATABASE).unlink(missing_ok=True)
        started = time.perf_counter()
        with duckdb.connect(str(building / DATABASE), config={"memory_limit": "1GB", "threads": 2}) as con:
            con.execute(f"CREATE TEMP TABLE awards AS {_synthetic_rows(rows)}")
            print(f"{rows:,} rows made in {time.perf_counter() - started:.0f} s")
            started = time.perf_counter()
            build(con, "awards")
            build_arrays(con, building)
            print(f"laid out in {time.perf_counter() - started:.0f} s")
        building.rename(folder)
    return Snapshot(folder)


def _synthetic_rows(rows: int) -> str:
    """Names by a power law over as many contractors, organizations, areas and categories as are real."""
    vocabulary = WORDS.split()
    words = f"[{', '.join(repr(word) for word in vocabulary)}]"

    def word(seed: str) -> str:
        return f"{words}[1 + (hash({seed}) % {len(vocabulary)})::INTEGER]"

    def rank(seed: int, most: int) -> str:
        return f"(power(hash(i, {seed}) % 1000000007 / 1000000007.0, 3) * {most})::BIGINT"

    title = " || ' ' || ".join(word(f"i, {place}") for place in range(11))
    return f"""SELECT (10000000 + i)::VARCHAR AS reference_id, (20000000 + i)::VARCHAR AS award_number,
        'C-' || hash(i, 20) % 100000 AS contract_number, day AS award_date, day - 40 AS publish_date,
        day - 20 AS closing_date, title AS award_title,
        CASE WHEN i % 3 = 0 THEN title || ' (REBIDDING)' ELSE title END AS notice_title,
        {word("who")} || ' ' || {word("who, 1")} || ' TRADING ' || who || ' INC.' AS awardee_name,
        'MUNICIPALITY OF ' || {word("buyer")} || ', PROVINCE ' || buyer AS organization_name,
        CASE WHEN i % 12 > 0 THEN 'AREA ' || {rank(3, 520)} END AS area_of_delivery,
        'CATEGORY NAMED ' || {rank(4, 170)} AS business_category, 'Goods' AS classification,
        'Public Bidding' AS procurement_mode, 'GAA' AS funding_source, 'Awarded' AS award_status,
        (amount * 1.05)::DECIMAL(18,2) AS approved_budget, amount::DECIMAL(18,2) AS contract_amount,
        1 + i % 9 AS line_items, CASE WHEN i % 500 > 0 THEN 'philgeps' ELSE 'flood_control' END AS source,
        'file' || i % 30 || '.csv' AS source_file
    FROM (SELECT i, DATE '2013-01-01' + (hash(i, 21) % 4700)::INTEGER AS day,
            {rank(1, 127000)} AS who, {rank(2, 24000)} AS buyer,
            {title} || CASE WHEN i % 50 = 0 THEN ', NIÑO' ELSE '' END || ' (LOT ' || i % 97 || ')' AS title,
            1 + exp(12.3 + 1.9 * sqrt(-2 * ln((1 + hash(i, 22) % 1000000) / 1000001.0))
                * cos(6.283 * (hash(i, 23) % 1000000) / 1e6)) AS amount
        FROM range({rows}) numbers(i))"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--snapshot", type=Path, help="measure this snapshot instead of synthetic rows")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    store = Store(Snapshot(asked.snapshot) if asked.snapshot else prepare(asked.rows))
    print(f"{'':42}{'wall ms':>9}{'CPU ms':>9}{'bar ms':>9}")
    with store.reader() as reader:
        for case in list_cases():
            wall, cpu = measure(reader, case, repeats=asked.repeats)
            print(
                f"{case.name:42}{wall:9.0f}{cpu:9.0f}{case.bar_ms:9}{'' if wall < case.bar_ms else '  OVER'}"
            )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak_mb} MB, load {os.getloadavg()[0]:.1f}")
    store.close()


if __name__ == "__main__":
    main()
