"""What all tests share. The servers come from the plugin tests.servers (see pyproject.toml)."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from tools.stack.servers import PostgreSQL

pytest_plugins = ["tests.machine"]

# How long an example takes says something of the machine's other work, not of ours.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


LONG_ROOMS = ("e2e", "docs", "tools")
"""Begun first, so that none of them is left over at the end: they wait more than they compute."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return RoomScheduling(config, log)


SHARED_ROOMS = ("tests/e2e/", "tests/docs/")
"""Whose tests share a running system."""


class RoomScheduling(LoadFileScheduling):  # type: ignore[misc]
    """A process gets whole files, which share what they set up, and one all files of a shared room."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return next((room for room in SHARED_ROOMS if file.startswith(room)), file)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [*LONG_ROOMS, _room(item)].index(_room(item)))


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: PostgreSQL) -> None:
    """Where the Django plugin prepares its databases: PostgreSQL runs from here on. It stands here because a
    plugin's fixture would not come before the Django plugin's own."""
