"""The modules of the pages that compute, by tests in JavaScript: each file by Node's own test runner."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from web.views import DECLARED

FOLDER = Path(__file__).parent / "javascript"
PAGE = FOLDER / "page.js"
"""Sets up what modules read of the page that they are on, before they are loaded."""

TESTS = sorted(FOLDER.glob("*.test.js"))


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_modules_do_what_their_tests_say(file: Path) -> None:
    environment = {**os.environ, "DECLARED": DECLARED}
    run = subprocess.run(
        ["node", "--import", PAGE.as_uri(), "--test", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
