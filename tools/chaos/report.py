"""What a run prints at its end: problems, the table of faults, and one line of JSON."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Sequence

from tools.chaos.audit import FINAL_STATES, WRONGS, Findings
from tools.chaos.chronicle import Chronicle
from tools.chaos.judgement import Pace, describe_times
from tools.chaos.meetings import KINDS, Pair
from tools.chaos.rescue import Rescue

SLOW_RESCUE_S = 10


Told = dict[str, float | None]
"""The last line."""


def report(
    findings: Findings,
    struck: Counter[str],
    rescues: list[Rescue],
    *,
    chronicle: Chronicle,
    pace: Pace,
    pairs: Counter[Pair],
) -> Told:
    """Problems, slow rescues, the table of faults, and the last line, which is returned too."""
    for kind in WRONGS:
        for line in getattr(findings, kind):
            print(f"{kind.upper()}: {line}")
    calm = [rescue for rescue in rescues if chronicle.was_calm(rescue.killed_at, rescue.rescued_at)]
    for rescue in calm:
        if rescue.seconds > SLOW_RESCUE_S:
            print(f"SLOW: {rescue}")
    print(f"{'with so many unfinished tasks:':<40}" + "".join(f"{kind:>12}" for kind in KINDS))
    for name, count in sorted(struck.items()):
        print(f"{name:<36}{count:>4}" + "".join(f"{pairs[name, kind]:>12}" for kind in KINDS))
    print(f"{'faults':<36}{struck.total():>4}", flush=True)
    print(f"Rescues of killed runs: {describe_times([rescue.seconds for rescue in rescues])}.")
    calm_s = [rescue.seconds for rescue in calm]
    print(f"Of them, with broker and database up all the time: {describe_times(calm_s)}.")
    print(f"Calls while the broker was in alarm: {describe_times(pace.calls)}.")
    print(f"Of them, tasks started: {describe_times(pace.starts)}.")
    print(f"Calls that asked to wait, after the time they gave: {describe_times(pace.overdue)}.")
    told = {**summarize(findings, struck, rescues, pace=pace), "pairs": len(+pairs)}
    print(json.dumps(told), flush=True)
    return told


def report_all(
    all_told: Sequence[Told], *, seeds: Sequence[int], missing: Sequence[str], possible: int
) -> None:
    """What several runs have told: counts added up, the worst of times, and which pairs none has tried."""
    print(f"Seeds {', '.join(map(str, seeds))}. Pairs of fault and kind that were not tried: {len(missing)}.")
    for pair in missing:
        print(f"NOT TRIED: {pair}")
    counts = {
        name: sum(told[name] or 0 for told in all_told)
        for name in all_told[0]
        if not name.endswith("_s") and name != "pairs"
    }
    worst = {
        name: max((told[name] or 0 for told in all_told), default=0)
        for name in all_told[0]
        if name.endswith("max_s")
    }
    tried = {"pairs": possible - len(missing), "pairs_possible": possible}
    print(json.dumps({"seeds": len(all_told), **counts, **worst, **tried}), flush=True)


def summarize(findings: Findings, struck: Counter[str], rescues: list[Rescue], *, pace: Pace) -> Told:
    """The counts and times of one run."""
    took_s = [rescue.seconds for rescue in rescues]
    in_alarm_s = [*pace.calls, *pace.overdue]
    return {
        "accepted": findings.accepted,
        **{ending: findings.ended[ending] for ending in FINAL_STATES.values()},
        "lost": len(findings.lost),
        "duplicated_effects": len(findings.doubled),
        "torn_files": len(findings.torn),
        "server_errors": len(findings.server_errors),
        "alerts": findings.alerts.alerts,
        "alerts_lost": len(findings.alerts_lost),
        "alerts_doubled": len(findings.alerts_doubled),
        "alert_messages": findings.alerts.messages,
        "alert_messages_again": findings.alerts.repeated,
        "rescue_p50_s": round(statistics.median(took_s), 1) if took_s else None,
        "rescue_max_s": round(max(took_s), 1) if took_s else None,
        "alarm_p50_s": round(statistics.median(pace.calls), 3) if pace.calls else None,
        "alarm_max_s": round(max(in_alarm_s), 3) if in_alarm_s else None,
        "faults": struck.total(),
    }
