"""Looking again and again until something is there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
EVERY_S = 0.05


def poll(look: Callable[[], T], *, within_s: float, every_s: float = EVERY_S) -> T:
    """What `look` gives as soon as it is true, or what it gave last when the time is over."""
    deadline = time.monotonic() + within_s
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(every_s)
    return seen
