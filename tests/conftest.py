"""What all tests share. The servers come from the plugin stack.pytest_servers (see pyproject.toml)."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from stack.servers import PostgreSQL

# How long an example takes says something of the machine's other work, not of ours.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


WAITING_ROOMS = ("e2e", "chaos", "integration", "deploy", "stack")
"""They wait more than they compute. The longest come first, so that none of them is left over at the end."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return RoomScheduling(config, log)


class RoomScheduling(LoadFileScheduling):  # type: ignore[misc]
    """A process gets whole files, which share what they set up, and one all of the pages' tests, which share
    a running system."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "tests/e2e" if file.startswith("tests/e2e/") else file


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that compute over those that wait: the processors are busy from first to last."""
    files = list(dict.fromkeys(map(_unit, items)))
    waiting = [file for file in files if file.parts[0] in WAITING_ROOMS]
    waiting.sort(key=lambda file: WAITING_ROOMS.index(file.parts[0]))
    computing = [file for file in files if file not in waiting]
    places = {file: at / len(group) for group in (waiting, computing) for at, file in enumerate(group)}
    items.sort(key=lambda item: places[_unit(item)])


def _unit(item: pytest.Item) -> Path:
    """What one process gets: a file, or the room of the pages."""
    file = item.path.relative_to(Path(__file__).parent)
    return Path("e2e") if file.parts[0] == "e2e" else file


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: PostgreSQL) -> None:
    """Where the Django plugin prepares its databases: PostgreSQL runs from here on. It stands here because a
    plugin's fixture would not come before the Django plugin's own."""
