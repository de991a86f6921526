"""What the tests of the engine share. The awards themselves are made by ``tests.contracts.small_stores``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.engine.store import Store
from tests.contracts.small_stores import make_award, open_awards


@pytest.fixture(scope="session")
def small_store() -> Iterator[Store]:
    """A store over twelve awards, the same to every test: do not write to it."""
    with open_awards([make_award(number) for number in range(1, 13)]) as store:
        yield store
