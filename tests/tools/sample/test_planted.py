"""Files of planted flags and anomalies: written by an option, repeatable, with keys that speak of rows."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from tools.sample import __main__ as program
from tools.sample import suspects, unusual


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["sample", "--out", str(folder), *options])
    program.main()


def test_option_writes_planted_files_and_their_keys_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(unusual, "MONTHS", 40)
    write(tmp_path / "a", monkeypatch, "--plant", "flags", "anomalies", "--seed", "7")
    names = {suspects.FILE, suspects.KEY, unusual.FILE, unusual.KEY}
    assert {path.name for path in (tmp_path / "a").iterdir()} == names
    assert [Path(line).name for line in capsys.readouterr().out.split()] == [suspects.FILE, unusual.FILE]
    write(tmp_path / "b", monkeypatch, "--plant", "anomalies", "--seed", "7")
    for name in (unusual.FILE, unusual.KEY):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    key = json.loads((tmp_path / "a" / unusual.KEY).read_text())
    assert (len(key["month"]), len(key["level"]), len(key["amount"])) == (13, 6, 40)
    with (tmp_path / "a" / unusual.FILE).open(encoding="utf-8", newline="") as file:
        cells = {cell for row in csv.reader(file) for cell in row}
    assert set(key["amount"]) <= cells


def test_nothing_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        write(tmp_path, monkeypatch)
