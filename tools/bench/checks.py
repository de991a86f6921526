"""The checks of many monitors, in a process of ``tools.bench.monitors`` with a database of its own."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command

from contracts.engine.store import Store
from monitors.checking.check import MOST_CONTRACTS, check
from monitors.models import Alert, Monitor, SeenPart
from monitors.questions import MonitorToMake, SearchToSave
from monitors.saved import save_all
from monitors.watching import watch
from tools.bench.dataset import prepare_snapshot, read_peak_rss_mb, read_rows
from tools.bench.queries import KEYWORDS, PATTERNS, TEXTS

MONITORS, OWNERS, NEWS = 200, 20, 50
LEAST = ("0", "100000", "1000000", "5000000")
YEARS = (None, 2022, 2024)


def list_filters() -> Iterator[dict[str, object]]:
    """Filters as people save them: words, phrases and names, with and without an amount and a year."""
    meant: list[dict[str, Any]] = [
        *({"text": text} for text in TEXTS),
        *({"keywords": [" && ".join(phrases)]} for phrases in KEYWORDS),
        *({field: [{"contains": held}]} for field, held in PATTERNS),
    ]
    for one, least, year in itertools.product(meant, LEAST, YEARS):
        years = [{"type": "yearly", "year": year}] if year else []
        yield {**one, "value_range": {"min": least}, "time_ranges": years}


def measure(rows: int) -> dict[str, float]:
    """Seconds of all first and all second checks, contracts watched, megabytes at the peak."""
    store = Store(prepare_snapshot(rows), memory_limit_mb=400)
    searches = itertools.cycle(list_filters())
    with store.reader() as reader:
        for number in range(MONITORS):
            owner = f"user:{number % OWNERS}"
            wanted = SearchToSave.from_json({"name": f"Search {number}", "filters": next(searches)})
            [search] = save_all(owner, [wanted])
            watch(owner, MonitorToMake.from_json({"search": str(search.pk)}))
        ids = [str(key) for key in Monitor.objects.values_list("pk", flat=True)]

        def check_all(version: str) -> float:
            began = time.perf_counter()
            for one in ids:
                check(one, reader, version=version)
            return time.perf_counter() - began

        first_s = check_all("1")
        for part in SeenPart.objects.iterator():
            SeenPart.objects.filter(pk=part.pk).update(entries=bytes(part.entries)[16 * NEWS :])
        second_s = check_all("2")
    broad = Monitor.objects.exclude(error="").count()
    watched = sum(Monitor.objects.exclude(contracts=None).values_list("contracts", flat=True))  # type: ignore[arg-type]
    return {
        "baseline_s": round(first_s, 1),
        "check_s": round(second_s, 1),
        "alerts": Alert.objects.count(),
        "too_broad": broad,
        "most_contracts": MOST_CONTRACTS,
        "contracts_watched": watched,
        "peak_mb": read_peak_rss_mb(),
    }


def main() -> None:
    """Measure in the database of the environment, and print one JSON object."""
    call_command("migrate", verbosity=0)
    print(json.dumps({"rows": read_rows(), "monitors": MONITORS, **measure(read_rows())}))
