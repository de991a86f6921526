"""`python -m tools.chaos`: real servers, a mixed load, faults by a seed; counts losses, doubles, tears, 5xx.

Its last line is one JSON object; it exits 0 only when nothing was. Variables: CHAOS_S, CHAOS_SEED, and
CHAOS_KEEP, with which data and logs of a clean run are kept too.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from tools.chaos.arena import UNFINISHED, Arena, open_arena
from tools.chaos.audit import audit
from tools.chaos.browser import Browser, NoAnswer
from tools.chaos.chronicle import Chronicle
from tools.chaos.crowd import Crowd
from tools.chaos.judgement import find_pace_in_alarm, judge_errors
from tools.chaos.ledger import Ledger
from tools.chaos.plan import draw_plan
from tools.chaos.report import report
from tools.chaos.rescue import list_rescues
from tools.chaos.scene import Scene
from tools.chaos.storm import Storm
from tools.chaos.visitors import Visitor
from tools.stack.errors import StackError
from tools.stack.polling import poll
from tools.stack.up import generate_and_import

CONTRACTS = 20_000
VISITORS = 6
QUIET_WITHIN_S = 240
TOLD_WITHIN_S = 20
"""When all is quiet, every event stream has told its end and every slow reader has the file."""

ORPHAN_AGE_S = 1
DEFAULT_S = 120
COURSE = """
    SELECT kind, count(*), count(*) FILTER (WHERE attempt > 1), max(attempt) FROM data_processing_taskrun
    GROUP BY kind ORDER BY kind
"""
FAILURES = """
    SELECT kind || ' ' || (error ->> 'code'), count(*) FROM data_processing_taskrun
    WHERE state = 'FAILURE' GROUP BY 1 ORDER BY 1
"""


def main() -> int:
    """One run; the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seconds = float(os.environ.get("CHAOS_S") or DEFAULT_S)
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    say(f"CHAOS_SEED={seed} CHAOS_S={seconds:g}, all data and logs in {folder}")
    try:
        with open_arena(folder) as arena:
            clean = run_chaos(arena, seed=seed, seconds=seconds)
    except KeyboardInterrupt:
        print("\nInterrupted; everything is stopped.", file=sys.stderr)
        return 130
    except StackError as error:
        print(f"\n{error}\nLogs are in {folder}", file=sys.stderr)
        return 1
    if clean and not os.environ.get("CHAOS_KEEP"):
        shutil.rmtree(folder)
    return 0 if clean else 1


def run_chaos(arena: Arena, *, seed: int, seconds: float) -> bool:
    """Load, storm, quiet, audit, report; whether all promises were kept."""
    say(f"Generating and importing {CONTRACTS:,} sample contracts.")
    generate_and_import(arena, arena.folder.with_name("raw"), contracts=CONTRACTS, seed=1)
    arena.start_processes()
    ledger, chronicle = Ledger(), Chronicle()
    visitors = {
        number: Visitor(number, arena.urls, seed=seed, ledger=ledger) for number in range(VISITORS + 1)
    }
    for visitor in visitors.values():
        visitor.introduce()
    scene = Scene(
        arena=arena, victim=visitors[VISITORS], ledger=ledger, chronicle=chronicle, rng=random.Random(seed)
    )
    storm = Storm(plan=draw_plan(seed, seconds=seconds), scene=scene, seed=seed, say=say)
    load = list(visitors.values())[:VISITORS]
    with Crowd(load, seed=seed, ledger=ledger) as crowd:
        struck = rage_under_load(storm, load, seconds=seconds)
        crowd.stop()
        say("All faults are lifted; waiting for quiet.")
        wait_for_quiet(arena, ledger)
        open_ends = crowd.wait(within_s=TOLD_WITHIN_S)
    arena.run_command("clean_up", "--orphan-age", str(ORPHAN_AGE_S), quietly=True)
    findings = audit(arena, ledger, visitors)
    findings.lost += open_ends
    errors = judge_errors(ledger.calls.list(), chronicle)
    findings.server_errors += errors.counted
    tell_load(ledger, excused=errors.excused)
    for kind, count, again, most in arena.ask(COURSE):
        say(f"{count} runs of {kind}, {again} of them with more than one attempt (at most {most}).")
    for code, count in arena.ask(FAILURES):
        say(f"{count} runs failed as {code}.")
    pace = find_pace_in_alarm(ledger.calls.list(), chronicle)
    report(findings, struck, list_rescues(arena, chronicle.kills), chronicle=chronicle, pace=pace)
    return findings.is_clean


def rage_under_load(storm: Storm, visitors: list[Visitor], *, seconds: float) -> Counter[str]:
    """Let visitors live for `seconds` while the storm rages; returns the faults that hit."""
    stop = threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(len(visitors)) as crowd:
        lives = [crowd.submit(visitor.live, stop) for visitor in visitors]
        try:
            struck = storm.rage()
            time.sleep(max(0.0, began + seconds - time.monotonic()))
        finally:
            stop.set()
    for life in lives:
        life.result()
    return struck


def tell_load(ledger: Ledger, *, excused: int) -> None:
    """What the visitors did, beside starting tasks."""
    counts, calls = ledger.counts, ledger.calls.list()
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


def wait_for_quiet(arena: Arena, ledger: Ledger) -> None:
    """Return when every row has ended and the web servers answer, or when time is up: the audit will tell."""
    began = time.monotonic()
    poll(lambda: is_quiet(arena, ledger), within_s=QUIET_WITHIN_S, every_s=1)
    say(f"Quiet after {time.monotonic() - began:.0f} s.")


def is_quiet(arena: Arena, ledger: Ledger) -> bool:
    browser = Browser(arena.urls, random.Random(0), ledger.calls)
    try:
        for url in arena.urls:
            browser.call("GET", "/health/live", url=url)
        ((left,),) = arena.ask(f"SELECT count(*) FROM data_processing_taskrun WHERE {UNFINISHED}")
    except (NoAnswer, psycopg.Error):
        return False
    return bool(left == 0)


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
