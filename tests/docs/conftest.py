"""One installation for all tests of the guides: made as its page says, step by step."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.host import Host


@pytest.fixture(scope="package")
def host() -> Iterator[Host]:
    """A machine on which the explorer is installed and runs."""
    folder = Path(tempfile.mkdtemp(prefix="explorer-host-"))
    # PostgreSQL runs as another user under root and has to reach its folder.
    folder.chmod(0o711)
    host = Host(folder)
    try:
        with host.running():
            told = host.install()
            assert "no error" in told, told
            yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)
