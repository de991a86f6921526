"""What the calls tell: refusals that no outage explains, and the pace while the broker took no messages."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tools.chaos.chronicle import Chronicle
from tools.stack.connection import Call

STARTS = ("search", "aggregates", "export", "rehearsal")


@dataclass(frozen=True, kw_only=True)
class ServerErrors:
    """Answers of status 500 and above: one line for each that should not be, and how many had PostgreSQL's
    absence for a reason."""

    counted: list[str]
    excused: int


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long calls took in seconds: all that did not ask for a wait, of them those that start tasks, and
    how much later than they were told those answered that did ask."""

    calls: list[float]
    starts: list[float]
    overdue: list[float]


def judge_errors(calls: Iterable[Call], chronicle: Chronicle) -> ServerErrors:
    """Only a database that is away excuses an answer of status 500 and above."""
    errors = [call for call in calls if call.is_server_error]
    counted = [call for call in errors if not chronicle.was_database_away(call.began, call.ended)]
    return ServerErrors(
        counted=[describe(call, chronicle) for call in counted], excused=len(errors) - len(counted)
    )


def describe(call: Call, chronicle: Chronicle) -> str:
    """One line: when, what, how it was answered, and which faults were on."""
    at = datetime.fromtimestamp(call.began).astimezone()
    wait = f" (wait={call.wait_s:g})" if call.wait_s else ""
    faults = ", ".join(chronicle.name_faults(call.began, call.ended)) or "none"
    return (
        f"{at:%H:%M:%S} {call.method} {call.route}{wait}: {call.status} {call.code} after "
        f"{call.took_s:.1f} s; faults: {faults}"
    )


def find_pace_in_alarm(calls: Iterable[Call], chronicle: Chronicle) -> Pace:
    """Of all calls during which the broker was in alarm; those that hung up are left out."""
    slowed = [call for call in calls if not call.hung_up and chronicle.was_in_alarm(call.began, call.ended)]
    prompt = [call for call in slowed if not call.wait_s]
    return Pace(
        calls=[call.took_s for call in prompt],
        starts=[call.took_s for call in prompt if _starts_a_task(call)],
        overdue=[max(0.0, call.took_s - call.wait_s) for call in slowed if call.wait_s],
    )


def describe_times(took_s: Sequence[float]) -> str:
    """Number, median and worst."""
    if not took_s:
        return "none"
    return f"{len(took_s)}, half within {statistics.median(took_s):.3f} s, all within {max(took_s):.3f} s"


def _starts_a_task(call: Call) -> bool:
    return call.method == "POST" and call.route.strip("/").rpartition("/")[2] in STARTS
