"""What a run prints at its end: problems, the table of faults, and one line of JSON."""

from __future__ import annotations

import json
import statistics
from collections import Counter

from tools.chaos.audit import FINAL_STATES, Findings
from tools.chaos.chronicle import Chronicle
from tools.chaos.judgement import Pace, describe_times
from tools.chaos.rescue import Rescue

SLOW_RESCUE_S = 10


def report(
    findings: Findings, struck: Counter[str], rescues: list[Rescue], *, chronicle: Chronicle, pace: Pace
) -> None:
    """Problems, slow rescues, the table of faults, and the last line."""
    for kind in ("lost", "doubled", "torn", "server_errors"):
        for line in getattr(findings, kind):
            print(f"{kind.upper()}: {line}")
    calm = [rescue for rescue in rescues if chronicle.was_calm(rescue.killed_at, rescue.rescued_at)]
    for rescue in calm:
        if rescue.seconds > SLOW_RESCUE_S:
            print(f"SLOW: {rescue}")
    for name, count in sorted(struck.items()):
        print(f"{name:<36}{count:>4}")
    print(f"{'faults':<36}{struck.total():>4}", flush=True)
    print(f"Rescues of killed runs: {describe_times([rescue.seconds for rescue in rescues])}.")
    calm_s = [rescue.seconds for rescue in calm]
    print(f"Of them, with broker and database up all the time: {describe_times(calm_s)}.")
    print(f"Calls while the broker was in alarm: {describe_times(pace.calls)}.")
    print(f"Of them, tasks started: {describe_times(pace.starts)}.")
    print(f"Calls that asked to wait, after the time they gave: {describe_times(pace.overdue)}.")
    print(json.dumps(summarize(findings, struck, rescues, pace=pace)), flush=True)


def summarize(
    findings: Findings, struck: Counter[str], rescues: list[Rescue], *, pace: Pace
) -> dict[str, float | None]:
    """The last line."""
    took_s = [rescue.seconds for rescue in rescues]
    in_alarm_s = [*pace.calls, *pace.overdue]
    return {
        "accepted": findings.accepted,
        **{ending: findings.ended[ending] for ending in FINAL_STATES.values()},
        "lost": len(findings.lost),
        "duplicated_effects": len(findings.doubled),
        "torn_files": len(findings.torn),
        "server_errors": len(findings.server_errors),
        "rescue_p50_s": round(statistics.median(took_s), 1) if took_s else None,
        "rescue_max_s": round(max(took_s), 1) if took_s else None,
        "alarm_p50_s": round(statistics.median(pace.calls), 3) if pace.calls else None,
        "alarm_max_s": round(max(in_alarm_s), 3) if in_alarm_s else None,
        "faults": struck.total(),
    }
