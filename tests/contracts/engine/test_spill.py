"""What sorts leave on the disk: nothing, whatever became of the process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from contracts.engine.spill import make_spill_folder

HOLD_ONE = """
import time
from contracts.engine import spill

print(spill.make_spill_folder().path, flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_closed_folder_is_gone_with_what_is_in_it() -> None:
    spill = make_spill_folder()
    (spill.path / "sorted").write_bytes(b"rows")
    spill.remove()
    assert not spill.path.exists()


def test_folder_of_a_killed_process_is_removed_by_the_next_and_that_of_a_living_one_is_not() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", HOLD_ONE], stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen([sys.executable, "-c", HOLD_ONE], stdout=subprocess.PIPE, text=True) as living,
    ):
        assert killed.stdout
        assert living.stdout
        left, used = Path(killed.stdout.readline().strip()), Path(living.stdout.readline().strip())
        (left / "sorted").write_bytes(b"rows")
        killed.kill()
        killed.wait()
        make_spill_folder().remove()
        try:
            assert not left.exists()
            assert used.is_dir()
        finally:
            living.kill()
