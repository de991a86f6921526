"""How large a measurement is: BENCH_ROWS, 5 million unless it is set."""

from __future__ import annotations

import os

FULL = 5_000_000


def read_rows() -> int:
    return int(os.environ.get("BENCH_ROWS", FULL))
