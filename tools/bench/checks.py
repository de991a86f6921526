"""The checks of many monitors, in a process of ``tools.bench.monitors`` with a database of its own."""

from __future__ import annotations

import itertools
import json
import time

from django.core.management import call_command

from contracts.engine.store import Store
from contracts.snapshot.arrays import sparing_memory
from data_processing import datasets
from monitors.checking.check import MOST_CONTRACTS, check
from monitors.checking.seen import ENTRY
from monitors.kinds.check import MEMORY_MB
from monitors.models import Alert, Monitor, SeenPart
from monitors.questions import MonitorToMake, SearchToSave
from monitors.saved import save_all
from monitors.watching import watch
from tools.bench.dataset import prepare_snapshot, read_peak_rss_mb, read_rows, read_status_mb
from tools.bench.searches import MONITORS, NEWS, OWNERS, list_filters


def make_monitors() -> list[str]:
    """Save and watch all searches; the ids of their monitors."""
    searches = itertools.cycle(list_filters())
    for number in range(MONITORS):
        owner = f"user:{number % OWNERS}"
        wanted = SearchToSave.from_json({"name": f"Search {number}", "filters": next(searches)})
        [search] = save_all(owner, [wanted])
        watch(owner, MonitorToMake.from_json({"search": str(search.pk)}))
    return [str(key) for key in Monitor.objects.values_list("pk", flat=True)]


def pause_monitors() -> None:
    """No check from now on."""
    Monitor.objects.update(paused=True)


def make_news() -> None:
    """Let each monitor go on, as if it had seen the current version, but for some of its contracts."""
    _forget_some()
    Monitor.objects.update(checked_version=datasets.current_snapshot().version, paused=False)


def _forget_some() -> None:
    for part in SeenPart.objects.iterator():
        SeenPart.objects.filter(pk=part.pk).update(entries=bytes(part.entries)[ENTRY.itemsize * NEWS :])


def measure(rows: int) -> dict[str, float]:
    """Seconds of all first and all second checks, contracts watched, megabytes at the peak."""
    store = Store(prepare_snapshot(rows), memory_limit_mb=MEMORY_MB)
    ids = make_monitors()
    anonymous = 0

    def check_all(version: str) -> float:
        nonlocal anonymous
        began = time.perf_counter()
        for one in ids:
            with sparing_memory(), store.reader() as reader:
                check(one, reader, version=version)
            anonymous = max(anonymous, read_status_mb("self")["RssAnon"])
        return time.perf_counter() - began

    first_s = check_all("1")
    _forget_some()
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
        "anonymous_mb": anonymous,
    }


def main() -> None:
    """Measure in the database of the environment, and print one JSON object."""
    call_command("migrate", verbosity=0)
    print(json.dumps({"rows": read_rows(), "monitors": MONITORS, **measure(read_rows())}))
