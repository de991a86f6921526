"""Nearly all planted anomalies are found, and few that are none; how many is printed. What clean contracts
raise, ``python -m tools.bench.anomalies`` measures."""

from __future__ import annotations

import random

import pytest

from contracts.anomalies.declared import KINDS
from tools.bench.anomalies import measure_planted

SEED = random.SystemRandom().randrange(1_000_000)


def test_planted_anomalies_are_found_and_few_others(capsys: pytest.CaptureFixture[str]) -> None:
    score = measure_planted([SEED], clean=False)
    said = [f"{kind} {score.recall(kind):.2f}/{score.precision(kind):.2f}" for kind in KINDS]
    with capsys.disabled():
        print(f"\nseed {SEED}, recall/precision: {', '.join(said)}")  # noqa: T201
    assert min(score.recall(kind) for kind in KINDS) >= 0.8
    assert min(score.precision(kind) for kind in KINDS) >= 0.7
