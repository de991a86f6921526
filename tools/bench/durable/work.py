"""What the task of each peer does: nothing, for so long, and a line about it in the file PEERS_NOTES."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = "PEERS_NOTES"


@dataclass(frozen=True)
class Note:
    """One execution: which task, seconds from its enqueuing to its start, when it ended (Unix seconds)."""

    number: int
    waited_s: float
    ended_at: float


def work(number: int, asked_at: float, takes_s: float) -> None:
    waited_s = time.time() - asked_at
    time.sleep(takes_s)
    # One write at the end of a file is whole, whoever else writes there.
    os.write(_open(), f"{number} {waited_s:.6f} {time.time():.6f}\n".encode())


@cache
def _open() -> int:
    return os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def read_notes(file: Path) -> list[Note]:
    if not file.exists():
        return []
    parts = (line.split() for line in file.read_text().splitlines())
    return [Note(int(number), float(waited_s), float(ended_at)) for number, waited_s, ended_at in parts]
