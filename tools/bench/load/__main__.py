"""``python -m tools.bench.load``: the product under load, on servers of its own.

First each route alone, for what it costs the web process; then 200 visitors for LOAD_S (60) seconds; then as
long with 300 waiters and 100 slow readers beside them; last, one visitor beside a crowd of 300 waiters, 200
slow readers, 2,000 event streams and 200 requests that never end. Prints a table for each; the last line is
one JSON object. Fails where a request gets 5xx or no answer, where an accepted task does not end well, where
the crowd cannot come together, and where the one visitor waits 100 ms at the median. BENCH_ROWS (100,000) is
the size of the dataset.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Mapping, Sequence
from functools import partial

import psutil
import uvloop

from tools.bench.load.costs import list_routes, measure_costs
from tools.bench.load.phases import Beside, Size, look_beside, visit
from tools.bench.load.scene import Owner, Records, invite_owners
from tools.bench.load.tally import Tally
from tools.bench.load.visitors import Visitor
from tools.bench.serving import serve
from tools.stack.system import System

LOAD_S = float(os.environ.get("LOAD_S", "60"))
ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
VISITORS = 200
WAITING = Size(waiters=300, slow_readers=100)
CROWD = Size(waiters=300, slow_readers=200, streams=2000, half_open=200)
OWNERS, SUBMITTERS = 20, 80
LIMIT_MS = 100.0
DESCRIPTORS = 16_384


def run_load(site: System) -> list[str]:
    """All phases; prints what they saw and returns which bars were broken, in words."""
    accepted: set[str] = set()
    records = Records(site.environment["DATABASE_URL"])
    with site.running("web") as web:
        pid = web.pid("web")
        with site.running("housekeeping", "interactive", "bulk", "beat"):
            owners = uvloop.run(invite_owners(site.url, OWNERS, accepted=accepted))
        costs = uvloop.run(measure_routes(site, pid, owners, accepted))
        shown = ", ".join(f"{route} {cost:.2f}" for route, cost in costs.items())
        print("CPU of the web process per request, ms, each route alone:", shown, flush=True)
        with site.running("housekeeping", "interactive", "beat"):
            with site.running("bulk"):
                records.drain()
                alone = uvloop.run(visit(site.url, visitors=VISITORS, seconds=LOAD_S, accepted=accepted))
                report(f"{VISITORS} visitors", alone, costs)
                crowded = partial(visit, beside=WAITING, owners=owners)
                waited = uvloop.run(crowded(site.url, visitors=VISITORS, seconds=LOAD_S, accepted=accepted))
                report(f"{VISITORS} visitors beside {WAITING}", waited, costs)
                records.drain()
            # Without the workers of exports, whoever follows one waits.
            beside = uvloop.run(look_beside(site.url, CROWD, owners, seconds=LOAD_S / 2, accepted=accepted))
            report(f"one visitor beside {CROWD}", beside.visitor, costs)
            report("the crowd itself", beside.crowd, costs)
            records.drain()
        rss_mb = read_rss_mb(pid)
    endings = records.count_endings(accepted)
    print(f"accepted tasks ended as {dict(endings)}; the web process had {rss_mb:.0f} MB")
    print(json.dumps(list_figures(costs, alone, waited, beside)))
    return list_faults((alone, waited, beside.visitor, beside.crowd), beside, endings)


async def measure_routes(
    site: System, pid: int, owners: Sequence[Owner], accepted: set[str]
) -> dict[str, float]:
    """CPU of the web process for each route, while no worker runs that could move anything."""
    owner = owners[0]
    running = await owner.visitor.start("search", {"filters": owner.visitor.draw_filters()})
    Records(site.environment["DATABASE_URL"]).claim(running)
    submitters = [Visitor(site.url, tally=Tally(), accepted=accepted) for _ in range(SUBMITTERS)]
    for submitter in submitters:
        await submitter.introduce()
    cookies = [owner.cookie, *(submitter.connection.cookie for submitter in submitters)]
    routes = list_routes(running=running, finished=owner.small_export_id)
    return await measure_costs(pid, site.url, cookies, routes)


def report(title: str, tally: Tally, costs: Mapping[str, float]) -> None:
    print(f"\n{title}, {tally.elapsed_s:.0f} s", *tally.show(costs), sep="\n", flush=True)


def list_figures(costs: Mapping[str, float], alone: Tally, waited: Tally, beside: Beside) -> dict[str, float]:
    figures = {f"cpu_ms {route}": cost for route, cost in costs.items()}
    for name, tally in (("alone", alone), ("beside waiters", waited)):
        figures[f"requests_per_s {name}"] = tally.requests / tally.elapsed_s
    for name, route in beside.visitor.routes.items():
        figures[f"p50_ms beside the crowd, {name}"] = route.percentile(0.5)
    return {name: round(figure, 2) for name, figure in figures.items()}


def list_faults(tallies: Sequence[Tally], beside: Beside, endings: Mapping[str, int]) -> list[str]:
    """The bars that were broken, in words."""
    medians = {name: route.percentile(0.5) for name, route in beside.visitor.routes.items()}
    faults = [f"{name}: {ms:.0f} ms beside the crowd" for name, ms in medians.items() if ms >= LIMIT_MS]
    faults += [f"the crowd never came together: {missing}" for missing in beside.missing]
    broken = sum(tally.broken for tally in tallies)
    if broken:
        faults.append(f"{broken} requests got 5xx or no answer")
    # Cancelled is well: only the crowd cancels, and only what it started.
    faults += [
        f"{n} accepted tasks: {state}" for state, n in endings.items() if state not in ("SUCCESS", "REVOKED")
    ]
    return faults


def read_rss_mb(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 2**20


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The servers that are started inherit it: a stream has a descriptor at both ends.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, most), most))
    with serve(rows=ROWS) as site:
        faults = run_load(site)
    if faults:
        raise SystemExit("Bars were broken:\n" + "\n".join(f"  {fault}" for fault in faults))


if __name__ == "__main__":
    main()
