"""`python -m tools.chaos`: real servers, a mixed load, watched searches and new dataset versions, faults by a
seed; counts losses, doubles, tears, 5xx, and alerts that came never or twice.

Its last line is one JSON object; it exits 0 only when nothing was. Variables: CHAOS_S, CHAOS_SEED (several
are one run each, separated by commas), CHAOS_EVERY_S (from fault to fault, on the average), CHAOS_VISITORS,
CHAOS_NODES (of RabbitMQ; with one there is no standby of PostgreSQL either), and CHAOS_KEEP, with which data
and logs of a clean run are kept too.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tools.chaos.alerts.counting import AlertCount, count_alerts
from tools.chaos.alerts.ends import CHANNELS, Ends, receive_alerts
from tools.chaos.alerts.watchers import VERSION_EVERY_S, Watch
from tools.chaos.arena import UNFINISHED, Arena, open_arena
from tools.chaos.audit import audit
from tools.chaos.chronicle import Chronicle
from tools.chaos.crowd import Crowd, list_members
from tools.chaos.judgement import find_pace_in_alarm, judge_errors
from tools.chaos.ledger import Ledger
from tools.chaos.meetings import KINDS, Pair, count_pairs, list_missing, read_lives
from tools.chaos.plan import EVERY_S, draw_plan, list_faults
from tools.chaos.report import Told, report, report_all
from tools.chaos.rescue import list_rescues
from tools.chaos.scene import Scene
from tools.chaos.storm import rage
from tools.chaos.visitors import Visitor
from tools.stack.connection import NoAnswer
from tools.stack.errors import StackError
from tools.stack.up import generate

CONTRACTS = 20_000
VISITORS = 6
NODES = 3
QUIET_WITHIN_S = 240
TOLD_WITHIN_S = 20
"""When all is quiet, every event stream has told its end and every slow reader has the file."""

DEFAULT_S = 120
COURSE = """
    SELECT kind, count(*), count(*) FILTER (WHERE attempt > 1), max(attempt) FROM data_processing_taskrun
    GROUP BY kind ORDER BY kind
"""
FAILURES = """
    SELECT kind || ' ' || (error ->> 'code'), count(*) FROM data_processing_taskrun
    WHERE state = 'FAILURE' GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How long load and storm are, how hard each is, the seeds of both, and how many nodes the broker has."""

    seeds: Sequence[int]
    seconds: float
    every_s: float
    visitors: int
    nodes: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one run."""

    clean: bool
    told: Told
    pairs: Counter[Pair]


def main() -> int:
    """One run for each seed; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    extent = read_extent()
    outcomes = []
    for seed in extent.seeds:
        outcome = run_seed(seed, extent)
        if isinstance(outcome, int):
            return outcome
        outcomes.append(outcome)
    if len(outcomes) > 1:
        faults = [fault.name for fault in list_faults(clustered=extent.nodes > 1)]
        pairs = sum((outcome.pairs for outcome in outcomes), Counter[Pair]())
        report_all(
            [outcome.told for outcome in outcomes],
            seeds=extent.seeds,
            missing=list_missing(pairs, faults),
            possible=len(faults) * len(KINDS),
        )
    return 0 if all(outcome.clean for outcome in outcomes) else 1


def run_seed(seed: int, extent: Extent) -> Outcome | int:
    """One run in a folder of its own, which goes when it was clean; the exit status where there was none."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    say(f"CHAOS_SEED={seed} CHAOS_S={extent.seconds:g}, all data and logs in {folder}")
    try:
        with (
            receive_alerts() as ends,
            open_arena(folder, nodes=extent.nodes, settings=ends.settings) as arena,
        ):
            outcome = asyncio.run(run_chaos(arena, ends, extent, seed=seed))
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    except StackError as error:
        print(f"\n{error}\nLogs are in {folder}", file=sys.stderr)
        return 1
    if outcome.clean and not os.environ.get("CHAOS_KEEP"):
        shutil.rmtree(folder)
    return outcome


def read_extent() -> Extent:
    """What the variables of the environment say."""
    given = {name: text for name, text in os.environ.items() if text}
    seeds = given.get("CHAOS_SEED") or str(random.SystemRandom().randrange(10**6))
    return Extent(
        seeds=[int(seed) for seed in seeds.split(",")],
        seconds=float(given.get("CHAOS_S", DEFAULT_S)),
        every_s=float(given.get("CHAOS_EVERY_S", EVERY_S)),
        visitors=int(given.get("CHAOS_VISITORS", VISITORS)),
        nodes=int(given.get("CHAOS_NODES", NODES)),
    )


async def run_chaos(arena: Arena, ends: Ends, extent: Extent, *, seed: int) -> Outcome:
    """Load, storm, quiet, audit, report."""
    seconds = extent.seconds
    watch = prepare(arena, seconds=seconds)
    arena.start_processes()
    await watch.begin(ends.hook.url)
    ledger, chronicle = Ledger(), Chronicle()
    numbers = range(extent.visitors + 1)
    visitors = [Visitor(number, arena.urls, seed=seed, ledger=ledger) for number in numbers]
    *load, victim = visitors
    for visitor in visitors:
        await visitor.introduce()
    scene = Scene(
        arena=arena,
        loop=asyncio.get_running_loop(),
        victim=victim,
        ledger=ledger,
        chronicle=chronicle,
        rng=random.Random(seed),
    )
    plan = draw_plan(seed, seconds=seconds, clustered=extent.nodes > 1, every_s=extent.every_s)
    storm = rage(plan, scene, seed=seed, say=say)
    crowd = Crowd(list_members(load, seed=seed))
    visits = [asyncio.create_task(visitor.live(crowd.stop)) for visitor in load]
    versions = asyncio.create_task(watch.publish(crowd.stop))
    struck, _ = await asyncio.gather(storm, asyncio.sleep(seconds))
    crowd.stop.set()
    await asyncio.gather(*visits, versions)
    say("All faults are lifted; waiting for quiet.")
    await wait_for_quiet(arena, victim, watch)
    open_ends = await crowd.end(within_s=TOLD_WITHIN_S)
    arena.clean_up()
    findings = await audit(arena, ledger, visitors)
    findings.lost += open_ends
    findings.alerts = await count(watch, ends)
    errors = judge_errors(ledger.calls, chronicle)
    findings.server_errors += errors.counted
    tell_load(ledger, excused=errors.excused)
    tell_runs(arena)
    pairs = count_pairs(chronicle, read_lives(arena))
    told = report(
        findings,
        struck,
        list_rescues(arena, chronicle.kills),
        chronicle=chronicle,
        pace=find_pace_in_alarm(ledger.calls, chronicle),
        pairs=pairs,
    )
    return Outcome(clean=findings.is_clean, told=told, pairs=pairs)


def prepare(arena: Arena, *, seconds: float) -> Watch:
    """Sample contracts as the current dataset, and later versions with more of what is to be watched."""
    versions = max(1, int(seconds / VERSION_EVERY_S))
    say(f"Generating {CONTRACTS:,} sample contracts and importing {versions + 1} versions of them.")
    raw = arena.folder.with_name("raw")
    generate(arena, raw, contracts=CONTRACTS, seed=1, quietly=True)
    watch = Watch(arena)
    watch.import_versions(raw, versions)
    return watch


async def count(watch: Watch, ends: Ends) -> AlertCount:
    """What was told of the dataset versions that came, and what has arrived of it."""
    alerts = await watch.list_alerts()
    counted = count_alerts(alerts, ends.arrivals, version=watch.version, channels=CHANNELS)
    counted.lost += watch.describe_rest()
    say(
        f"{watch.version} dataset versions came, {counted.alerts} alerts were raised, {counted.messages} "
        f"messages arrived, {counted.repeated} of them once more under their id."
    )
    return counted


def tell_runs(arena: Arena) -> None:
    """How often runs were tried, and why they failed."""
    for kind, count, again, most in arena.ask(COURSE):
        say(f"{count} runs of {kind}, {again} of them with more than one attempt (at most {most}).")
    for code, count in arena.ask(FAILURES):
        say(f"{count} runs failed as {code}.")


def tell_load(ledger: Ledger, *, excused: int) -> None:
    """What the visitors did, beside starting tasks."""
    counts, calls = ledger.counts, ledger.calls
    say(f"{len(calls)} calls, {sum(call.hung_up for call in calls)} of them left before their answer came.")
    say(f"{counts['unanswered']} requests got no answer and could not be repeated.")
    say(f"{excused} calls were refused while PostgreSQL was away.")
    say(
        f"{counts['streams']} event streams told an end, {counts['resumed streams']} of them resumed, "
        f"at most {counts['most streams']} were open at a time."
    )
    say(
        f"{counts['slow downloads']} files of {counts['bytes'] / 1e6:.0f} MB were read slowly, "
        f"{counts['resumed downloads']} of them resumed."
    )


async def wait_for_quiet(arena: Arena, visitor: Visitor, watch: Watch) -> None:
    """Return when every row has ended, all alerts are sent and the web servers answer, or when time is up:
    the audit will tell."""
    began = time.monotonic()
    while not await is_quiet(arena, visitor, watch) and time.monotonic() - began < QUIET_WITHIN_S:
        await asyncio.sleep(1)
    say(f"Quiet after {time.monotonic() - began:.0f} s.")


async def is_quiet(arena: Arena, visitor: Visitor, watch: Watch) -> bool:
    try:
        for url in arena.urls:
            with visitor.connect(url=url) as server:
                await server.call("GET", "/health/live")
        if arena.ask(f"SELECT id FROM data_processing_taskrun WHERE {UNFINISHED} LIMIT 1"):
            return False
        return await watch.is_quiet()
    except (NoAnswer, psycopg.Error):
        return False


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
