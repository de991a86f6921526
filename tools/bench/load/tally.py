"""What clients saw, by route: how many answers of which kind, and how long they took."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.stack.connection import Call

COMPLAINT = 300
HEADLINE = (
    f"{'route':<22}{'requests':>9}{'4xx':>6}{'5xx':>6}{'none':>6}"
    f"{'p50 ms':>9}{'p95':>8}{'p99':>8}{'max':>8}{'per s':>8}{'CPU ms':>8}"
)


@dataclass
class Route:
    """``took_ms`` of every request that was answered, ``statuses`` of all; 0 is no answer."""

    took_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def count(self, hundreds: int) -> int:
        return sum(number for status, number in self.statuses.items() if status // 100 == hundreds)

    def percentile(self, part: float) -> float:
        """By nearest rank; 0 where nothing was answered."""
        ordered = sorted(self.took_ms)
        return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else 0.0


class Tally:
    """Counts of one phase."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.complaints: Counter[str] = Counter()
        self._began = time.monotonic()
        self._elapsed_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        return self._elapsed_s or time.monotonic() - self._began

    @property
    def requests(self) -> int:
        return sum(route.statuses.total() for route in self.routes.values())

    @property
    def broken(self) -> int:
        """Requests without an answer or with one that says the server failed."""
        return sum(route.count(5) + route.count(0) for route in self.routes.values())

    def end(self) -> None:
        self._elapsed_s = time.monotonic() - self._began

    def note(self, call: Call) -> None:
        """Count an exchange, with or without an answer."""
        route = self.routes.setdefault(call.route, Route())
        route.statuses[call.status or 0] += 1
        if call.status is not None:
            route.took_ms.append(1000 * call.took_s)
        if call.problem:
            self.complaints[f"{call.route}: {call.status or 'no answer'}: {call.problem[:COMPLAINT]}"] += 1

    def show(self, cpu_ms: Mapping[str, float]) -> list[str]:
        """A line for each route; ``cpu_ms`` of the web process is known for some."""
        lines = [HEADLINE]
        for name, route in sorted(self.routes.items()):
            counts = f"{route.statuses.total():>9}{route.count(4):>6}{route.count(5):>6}{route.count(0):>6}"
            times = "".join(f"{route.percentile(part):>8.1f}" for part in (0.95, 0.99, 1.0))
            pace = f"{route.statuses.total() / self.elapsed_s:>8.1f}"
            cost = f"{cpu_ms[name]:>8.2f}" if name in cpu_ms else f"{'-':>8}"
            lines.append(f"{name:<22}{counts}{route.percentile(0.5):>9.1f}{times}{pace}{cost}")
        lines.append(f"{self.requests} requests, {self.requests / self.elapsed_s:.0f} a second")
        complaints = self.complaints.most_common(8)
        return [*lines, *(f"  {number} x {complaint}" for complaint, number in complaints)]
