"""A short storm against the real product: the program itself says whether every promise was kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
STORM = {
    "CHAOS_SEED": "20251121",
    "CHAOS_S": "16",
    "CHAOS_EVERY_S": "1.3",
    "CHAOS_VISITORS": "2",
    "CHAOS_NODES": "1",
    "CHAOS_KEEP": "",
}
"""As many faults as half a minute has otherwise, ten, but less load between them."""


def test_short_storm_loses_nothing_doubles_nothing_and_tears_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.chaos"],
        cwd=CHECKOUT,
        env={**os.environ, **STORM},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert (told["lost"], told["duplicated_effects"], told["torn_files"]) == (0, 0, 0)
    assert told["accepted"] == told["succeeded"] + told["failed"] + told["revoked"] > 0
    assert told["succeeded"] > 0
    assert told["faults"] >= 5
    assert (told["alerts_lost"], told["alerts_doubled"]) == (0, 0)
    # One dataset version or more came to eleven monitors.
    assert told["alert_messages"] > 0
    assert told["alerts"] >= 11
