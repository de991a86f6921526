"""How long the pages of entities and of contracts take over HTTP, each seen for the first time.

``python -m tools.bench.pages`` measures them. The server has opened the dataset before; no page is asked for
twice, as it remembers its answers.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Mapping

from contracts.engine.records.addresses import make_address
from contracts.engine.store import Reader, Store
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import KINDS, EntityKind
from contracts.questions.query import Page, Query
from contracts.questions.tables import Table, TableSort
from tools.bench.dataset import prepare_snapshot, read_rows
from tools.bench.serving import serve
from tools.stack.client import Client

RANKS = (1, 2, 4, 8, 16, 32, 64)
"""Which of a kind's names are visited, by their contracts: from those with most to ordinary ones."""
CONTRACTS = 15


def measure(rows: int) -> Mapping[str, float]:
    """entity_page_ms and contract_page_ms, medians; prints those of each kind with the slowest."""
    entities, contracts = _list_addresses(rows)
    with serve(rows=rows) as site:
        site.start_processes()
        took = asyncio.run(_visit(site.url, {**entities, "contracts": contracts}))
    for kind, times in took.items():
        print(f"  {kind:44}{statistics.median(times):9.1f} ms, slowest {max(times):.1f}", flush=True)
    contract = took.pop("contracts")
    every = [each for times in took.values() for each in times]
    return {"entity_page_ms": statistics.median(every), "contract_page_ms": statistics.median(contract)}


def _list_addresses(rows: int) -> tuple[Mapping[str, list[str]], list[str]]:
    """Paths of entities by kind, and of contracts."""
    store = Store(prepare_snapshot(rows))
    try:
        with store.reader() as reader:
            entities = {name: list(_list_entities(kind, reader)) for name, kind in KINDS.items()}
            return entities, list(_list_contracts(reader, rows))
    finally:
        store.close()


def _list_entities(kind: EntityKind, reader: Reader) -> Iterator[str]:
    by_count = Table(rows=kind.exact.word, measures=("count",), sort=TableSort(field="count"))
    labels = [row["label"] for row in reader.tabulate(by_count, Page(size=100))["rows"]]
    # The first one opens what a server opens once.
    for rank in (0, *RANKS):
        label = labels[rank % len(labels)]
        if label is not None:
            yield f"/{kind.name}/{make_slug(label)}/"


def _list_contracts(reader: Reader, rows: int) -> Iterator[str]:
    columns = ("reference_id", "project_id", "award_number", "contract_number")
    for place in range(CONTRACTS + 1):
        [row] = reader.search(Query(columns=columns), Page(number=1 + place * rows // 20, size=1))
        address = make_address({name: None if row[name] is None else str(row[name]) for name in columns})
        if address is not None:
            yield f"/contracts/{'/'.join(address.parts)}/"


async def _visit(url: str, paths: Mapping[str, list[str]]) -> dict[str, list[float]]:
    """Milliseconds of each page but the first of its kind."""
    client = Client(url)
    took: dict[str, list[float]] = {}
    for kind, (first, *others) in paths.items():
        await client.get_file(first)
        took[kind] = []
        for path in dict.fromkeys(others):
            began = time.perf_counter()
            await client.get_file(path)
            took[kind].append((time.perf_counter() - began) * 1000)
    return took


if __name__ == "__main__":
    print(measure(read_rows()))
