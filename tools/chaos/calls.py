"""Every HTTP call of the load: what was asked, when, and what came back."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

IDENTITY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One exchange. Times are Unix seconds; of streams and downloads, up to the status line.

    `status` is None when no answer came, `code` that of a problem ("" for others), `wait_s` the time for
    which the client asked the server to wait (0: it did not), `hung_up` that the client left by plan.
    """

    method: str
    route: str
    status: int | None
    began: float
    ended: float
    code: str = ""
    wait_s: float = 0
    hung_up: bool = False

    @property
    def took_s(self) -> float:
        return self.ended - self.began

    @property
    def is_server_error(self) -> bool:
        return self.status is not None and self.status >= 500


class Calls:
    """All calls so far; may be used from any thread."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def list(self) -> list[Call]:
        """In the order in which they ended."""
        with self._lock:
            return [*self._calls]


def name_route(path: str) -> str:
    """The path without its query, with {id} for every identity in it."""
    return IDENTITY.sub("{id}", path.partition("?")[0])
