"""From a new dataset version to the last alert: 200 monitors on servers of their own, while one searches.

Three versions that hold the same rows, one after the other: the baseline, one that nobody watches, which
shows what searches take with a version that is just opened, and one that the monitors find something in.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from tools.bench.dataset import prepare_snapshot, read_status_mb
from tools.bench.queries import TEXTS
from tools.bench.searches import LEAST, MONITORS, YEARS
from tools.bench.serving import serve
from tools.stack.client import Client
from tools.stack.errors import StackError
from tools.stack.polling import poll
from tools.stack.servers import ask
from tools.stack.system import System

BASELINE_WITHIN_S, WITHIN_S = 120, 120
QUIET_S = 20
PAUSE_S = 0.1
"""Between the answer to a search and the next one."""
PROGRAM = "from tools.bench import checks; checks.{}()"
COMPARED = "SELECT count(*) FROM monitors_monitor WHERE checked_version = %s"
LAST = "SELECT extract(epoch FROM max(created_at)), count(*) FROM monitors_alert WHERE dataset_version = %s"


@dataclass
class Memory:
    """The most that any of the processes held, in MB: together, of its own, and of mapped files."""

    peak: int = 0
    anonymous: int = 0
    mapped: int = 0

    def look(self, pids: Sequence[int]) -> None:
        for pid in pids:
            held = read_status_mb(pid)
            self.peak = max(self.peak, held.get("VmHWM", 0))
            self.anonymous = max(self.anonymous, held.get("RssAnon", 0))
            self.mapped = max(self.mapped, held.get("RssFile", 0))


def measure(rows: int) -> dict[str, float]:
    """Seconds from activation to the last alert, memory of the worker, milliseconds of searches."""
    snapshot = prepare_snapshot(rows)
    with serve() as site:
        root = site.folder / "datasets"
        first, quiet, news = (_place(root, snapshot, number) for number in range(3))
        versions.use(root, first)
        site.start_processes()
        _run(site, "make_monitors")
        began = time.monotonic()
        _wait(site, first, within_s=BASELINE_WITHIN_S)
        print(f"  baseline of {MONITORS} monitors: {time.monotonic() - began:.0f} s", flush=True)
        _run(site, "pause_monitors")
        least = itertools.count(1)
        searches = asyncio.run(_visit(site, root, quiet, least, _lasts(QUIET_S)))
        _run(site, "make_news")
        memory, began = Memory(), time.time()
        workers = _list_children(site.pid("bulk"))

        def is_busy() -> bool:
            memory.look(workers)
            [(compared,)] = ask(site.environment["DATABASE_URL"], COMPARED, news)
            return bool(compared < MONITORS) and time.time() - began < WITHIN_S

        meanwhile = asyncio.run(_visit(site, root, news, least, is_busy))
        [(last, alerts)] = ask(site.environment["DATABASE_URL"], LAST, news)
    return {
        "last_alert_s": round(float(last or 0) - began, 1),
        "alerts": alerts,
        "worker_peak_mb": memory.peak,
        "worker_anonymous_mb": memory.anonymous,
        "worker_mapped_mb": memory.mapped,
        **_say("quiet", searches),
        **_say("meanwhile", meanwhile),
        "delay_median_ms": round(statistics.median(meanwhile) - statistics.median(searches)),
        "delay_p95_ms": round(_p95(meanwhile) - _p95(searches)),
    }


def _place(root: Path, snapshot: Snapshot, number: int) -> str:
    """Another version of the same files, under a name that comes after those before it."""
    version = f"{snapshot.version}-{number}"
    (root / versions.VERSIONS).mkdir(parents=True, exist_ok=True)
    (root / versions.VERSIONS / version).symlink_to(snapshot.path.resolve())
    return version


def _run(site: System, function: str) -> None:
    site.run_command("shell", "--command", PROGRAM.format(function), quietly=True)


def _wait(site: System, version: str, *, within_s: float) -> None:
    rows = site.environment["DATABASE_URL"]
    if not poll(lambda: ask(rows, COMPARED, version) == [(MONITORS,)], within_s=within_s, every_s=0.5):
        raise StackError(f"{ask(rows, COMPARED, version)} of {MONITORS} monitors were checked")


def _lasts(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


async def _visit(
    site: System, root: Path, version: str, least: Iterator[int], goes_on: Callable[[], bool]
) -> list[float]:
    """Make a version current, and search one after the other; milliseconds of each search."""
    client, took = Client(site.url), []
    texts = itertools.cycle(itertools.product(TEXTS, YEARS))
    versions.use(root, version)
    while goes_on():
        text, year = next(texts)
        # Another amount each time: no search is answered from memory.
        filters = {"text": text, "value_range": {"min": str(int(LEAST[1]) + next(least))}}
        years = [{"type": "yearly", "year": year}] if year else []
        began = time.perf_counter()
        await client.answer("search", {"filters": {**filters, "time_ranges": years}}, within_s=30)
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_S)
    return took


def _list_children(parent: int) -> list[int]:
    statuses = Path("/proc").glob("[0-9]*/status")
    found = []
    for status in statuses:
        try:
            said = status.read_text()
        except OSError:  # it has ended
            continue
        if int(said.partition("PPid:")[2].split()[0]) == parent:
            found.append(int(status.parent.name))
    return found


def _say(when: str, took: Sequence[float]) -> dict[str, float]:
    return {
        f"searches_{when}": len(took),
        f"search_{when}_median_ms": round(statistics.median(took)),
        f"search_{when}_p95_ms": round(_p95(took)),
    }


def _p95(took: Sequence[float]) -> float:
    return statistics.quantiles(took, n=20)[18]
