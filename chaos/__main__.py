"""`python -m chaos`: real servers, a mixed load, faults by a seed; counts what was lost, doubled or torn.

Its last line is one JSON object; it exits 0 only when nothing was. Variables: CHAOS_S, CHAOS_SEED, and
CHAOS_KEEP, with which data and logs of a clean run are kept too.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from chaos.arena import UNFINISHED, Arena
from chaos.audit import Findings, audit
from chaos.ledger import Ledger
from chaos.plan import draw_plan
from chaos.rescue import Rescue, list_rescues
from chaos.scene import Chronicle, Scene
from chaos.storm import Storm
from chaos.visitors import Visitor
from stack.errors import StackError

CONTRACTS = 20_000
VISITORS = 6
QUIET_WITHIN_S = 240
ORPHAN_AGE_S = 1
SLOW_RESCUE_S = 10
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
        with Arena(folder) as arena:
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
    arena.fill(contracts=CONTRACTS)
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
    struck = rage_under_load(storm, list(visitors.values())[:VISITORS], seconds=seconds)
    say("All faults are lifted; waiting for quiet.")
    say(f"{ledger.unanswered} requests got no answer and could not be repeated.")
    wait_for_quiet(arena)
    arena.run_command("clean_up", "--orphan-age", str(ORPHAN_AGE_S))
    findings = audit(arena, ledger, visitors)
    for kind, count, again, most in arena.ask(COURSE):
        say(f"{count} runs of {kind}, {again} of them with more than one attempt (at most {most}).")
    for code, count in arena.ask(FAILURES):
        say(f"{count} runs failed as {code}.")
    report(findings, struck, list_rescues(arena, chronicle.kills), chronicle)
    return findings.is_clean


def rage_under_load(storm: Storm, visitors: list[Visitor], *, seconds: float) -> Counter[str]:
    """Let visitors live for `seconds` while the storm rages; returns the faults that hit."""
    stop = threading.Event()
    crowd = [threading.Thread(target=visitor.live, args=(stop,)) for visitor in visitors]
    began = time.monotonic()
    for one in crowd:
        one.start()
    try:
        struck = storm.rage()
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        stop.set()
        for one in crowd:
            one.join()
    return struck


def wait_for_quiet(arena: Arena) -> None:
    """Return when every row has ended and the web servers answer, or when time is up: the audit will tell."""
    unfinished = f"SELECT count(*) FROM data_processing_taskrun WHERE {UNFINISHED}"
    began = time.monotonic()
    while time.monotonic() - began < QUIET_WITHIN_S:
        try:
            ((left,),) = arena.ask(unfinished)
        except psycopg.Error:
            left = None
        if left == 0:
            break
        time.sleep(1)
    say(f"Quiet after {time.monotonic() - began:.0f} s.")


def report(findings: Findings, struck: Counter[str], rescues: list[Rescue], chronicle: Chronicle) -> None:
    """Problems, slow rescues, the table of faults, and the last line."""
    for kind in ("lost", "doubled", "torn"):
        for line in getattr(findings, kind):
            say(f"{kind.upper()}: {line}")
    calm = [rescue for rescue in rescues if chronicle.was_calm(rescue.killed_at, rescue.rescued_at)]
    for rescue in calm:
        if rescue.seconds > SLOW_RESCUE_S:
            say(f"SLOW: {rescue}")
    for name, count in sorted(struck.items()):
        print(f"{name:<36}{count:>4}")
    print(f"{'faults':<36}{struck.total():>4}", flush=True)
    print(f"{len(rescues)} rescues of killed runs: {describe_times(rescues)}.")
    print(f"{len(calm)} of them with broker and database up all the time: {describe_times(calm)}.")
    print(json.dumps(summarize(findings, struck, rescues)), flush=True)


def describe_times(rescues: list[Rescue]) -> str:
    took_s = [rescue.seconds for rescue in rescues]
    return f"half within {statistics.median(took_s):.1f} s, all within {max(took_s):.1f} s" if took_s else "-"


def summarize(findings: Findings, struck: Counter[str], rescues: list[Rescue]) -> dict[str, float | None]:
    """The last line."""
    took_s = [rescue.seconds for rescue in rescues]
    return {
        "accepted": findings.accepted,
        "succeeded": findings.ended["succeeded"],
        "failed": findings.ended["failed"],
        "revoked": findings.ended["revoked"],
        "lost": len(findings.lost),
        "duplicated_effects": len(findings.doubled),
        "torn_files": len(findings.torn),
        "rescue_p50_s": round(statistics.median(took_s), 1) if took_s else None,
        "rescue_max_s": round(max(took_s), 1) if took_s else None,
        "faults": struck.total(),
    }


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
