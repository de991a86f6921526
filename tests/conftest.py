"""What all tests share. The servers come from the plugin stack.pytest_servers (see pyproject.toml)."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from stack.servers import PostgreSQL

# How long an example takes says something of the machine's other work, not of ours.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


SLOW_FIRST = ("chaos", "e2e", "stack", "integration")
"""Rooms whose tests wait for servers: begun first, they wait while the others compute."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path))


def _turn(path: Path) -> int:
    room = path.relative_to(Path(__file__).parent).parts[0]
    return SLOW_FIRST.index(room) if room in SLOW_FIRST else len(SLOW_FIRST)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: PostgreSQL) -> None:
    """Where the Django plugin prepares its databases: PostgreSQL runs from here on. It stands here because a
    plugin's fixture would not come before the Django plugin's own."""
