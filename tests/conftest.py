"""What all tests share. The servers come from the plugin stack.pytest_servers (see pyproject.toml)."""

from __future__ import annotations

import hypothesis
import pytest

from stack.servers import PostgreSQL

# How long an example takes says something of the machine's other work, not of ours.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres: PostgreSQL) -> None:
    """Where the Django plugin prepares its databases: PostgreSQL runs from here on. It stands here because a
    plugin's fixture would not come before the Django plugin's own."""
