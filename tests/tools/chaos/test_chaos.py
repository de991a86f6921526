"""A short storm against the real product: the program itself says whether every promise was kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
SEED, SECONDS = "20251121", "30"


def test_short_storm_loses_nothing_doubles_nothing_and_tears_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.chaos"],
        cwd=CHECKOUT,
        env={**os.environ, "CHAOS_S": SECONDS, "CHAOS_SEED": SEED, "CHAOS_KEEP": ""},
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
