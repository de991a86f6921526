"""Pulses of the sweeper and of Beat: noted by what they do, told by their age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from data_processing import tasks
from data_processing.models import Pulse
from data_processing.operations import maintenance, pulses
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db


def beat_ago(name: str, *, seconds: float) -> None:
    pulses.beat(name)
    Pulse.objects.filter(name=name).update(beaten_at=Now() - timedelta(seconds=seconds))


def late() -> list[str]:
    return [pulse.name for pulse in pulses.report() if pulse.late]


def test_both_are_late_until_they_were_seen() -> None:
    assert [(pulse.name, pulse.age_s, pulse.late) for pulse in pulses.report()] == [
        ("sweep", None, True),
        ("beat", None, True),
    ]


def test_pulse_is_late_when_it_is_older_than_its_time() -> None:
    beat_ago(pulses.SWEEP, seconds=pulses.LATE_AFTER_S - 3)
    beat_ago(pulses.BEAT, seconds=pulses.LATE_AFTER_S + 3)
    assert late() == [pulses.BEAT]
    pulses.beat(pulses.BEAT)
    assert late() == []


def test_many_beats_a_second_are_one_write() -> None:
    pulses.beat(pulses.SWEEP)
    (first,) = Pulse.objects.values_list("beaten_at", flat=True)
    pulses.beat(pulses.SWEEP)
    assert list(Pulse.objects.values_list("beaten_at", flat=True)) == [first]


@pytest.mark.usefixtures("broker_up")
def test_a_sweep_is_a_pulse_and_so_is_the_task_that_beat_sends(make_run: MakeRun) -> None:
    make_run("search")
    maintenance.sweep()
    assert late() == [pulses.BEAT]
    tasks.note_beat.run()
    assert late() == []


def test_stopped_sweeper_and_beat_are_named_by_readiness_which_stays_ready(
    client: Client, make_run: MakeRun
) -> None:
    pulses.beat(pulses.SWEEP)
    body = client.get("/health/ready").json()
    assert (body["status"], body["sweep"], body["beat"]) == ("ok", "ok", "late: never seen")
    beat_ago(pulses.SWEEP, seconds=34)
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["sweep"].startswith("late: 3")
