"""Two samples that the tests of the generator read and do not change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contracts.samples import make_sample
from tools.sample import AnswerKey, SampleShape


@dataclass(frozen=True)
class Sample:
    folder: Path
    key: AnswerKey


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """4,000 contracts with every fault."""
    folder = tmp_path_factory.mktemp("faulty")
    return Sample(folder, make_sample(SampleShape(contracts=4_000, seed=11), folder))


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """12,000 contracts without faults, one row each, to look at distributions."""
    folder = tmp_path_factory.mktemp("clean")
    shape = SampleShape(contracts=12_000, seed=5, faults=False, lines_per_award=1)
    return Sample(folder, make_sample(shape, folder))
