"""The health check of Beat and sweeper finds the database where the product does."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models.functions import Now

from data_processing.models import Pulse
from data_processing.operations import pulses
from tests.deploy.compose import ROOT


def check(pulse: str, *, address: Path) -> int:
    command = [sys.executable, str(ROOT / "deploy" / "pulse.py"), pulse]
    return subprocess.run(command, env={"DATABASE_URL_FILE": str(address)}, check=False).returncode


@pytest.mark.django_db(transaction=True)
def test_address_may_stand_in_a_file(tmp_path: Path) -> None:
    wanted, address = connection.settings_dict, tmp_path / "address"
    address.write_text(
        f"postgresql://{wanted['USER']}:{wanted['PASSWORD']}@{wanted['HOST']}:{wanted['PORT']}/{wanted['NAME']}\n"
    )
    Pulse.objects.create(name=pulses.SWEEP, beaten_at=Now() - timedelta(minutes=1))
    pulses.beat(pulses.BEAT)
    assert check(pulses.BEAT, address=address) == 0
    assert check(pulses.SWEEP, address=address) == 1, "and a minute is too long ago"
