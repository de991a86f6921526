"""Whether the sweeper and Beat have an effect: each notes in the database that it has just had one. A process
that lives but does nothing, or whose messages arrive nowhere, is seen by that and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from data_processing.models import Pulse

SWEEP, BEAT = "sweep", "beat"
# Three of Beat's pulses, or twenty sweeps, that have not come.
LATE_AFTER_S = 10.0
AT_MOST_EVERY_S = 1.0


@dataclass(frozen=True, kw_only=True)
class PulseReport:
    """How long ago ``name`` last had an effect, by the database's clock; None: never yet."""

    name: str
    age_s: float | None
    late: bool


def beat(name: str) -> None:
    """Note an effect. However many processes do so, one write a second is made of it."""
    take_turn(name, every=timedelta(seconds=AT_MOST_EVERY_S))


def take_turn(name: str, *, every: timedelta) -> bool:
    """Whether this process is the one that has its turn now, by the database's clock; the first one that asks
    only sets the clock going."""
    mine = Pulse.objects.filter(name=name, beaten_at__lt=Now() - every).update(beaten_at=Now())
    if not mine:
        Pulse.objects.bulk_create([Pulse(name=name)], ignore_conflicts=True)
    return bool(mine)


def report() -> list[PulseReport]:
    """Both pulses, whether or not they were ever seen."""
    age = ExpressionWrapper(Now() - F("beaten_at"), output_field=DurationField())
    ages = dict(Pulse.objects.annotate(age=age).values_list("name", "age"))
    return [_report(name, ages.get(name)) for name in (SWEEP, BEAT)]


def _report(name: str, age: timedelta | None) -> PulseReport:
    if age is None:
        return PulseReport(name=name, age_s=None, late=True)
    age_s = round(max(0.0, age.total_seconds()), 1)
    return PulseReport(name=name, age_s=age_s, late=age_s > LATE_AFTER_S)
