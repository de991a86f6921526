"""What the monitors of ``tools.bench.monitors`` watch."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from tools.bench.queries import KEYWORDS, PATTERNS, TEXTS

MONITORS, OWNERS, NEWS = 200, 20, 50
LEAST = ("0", "100000", "1000000", "5000000")
YEARS = (None, 2022, 2024)


def list_filters() -> Iterator[dict[str, object]]:
    """Filters as people save them: words, phrases and names, with and without an amount and a year."""
    meant: list[dict[str, Any]] = [
        *({"text": text} for text in TEXTS),
        *({"keywords": [" && ".join(phrases)]} for phrases in KEYWORDS),
        *({field: [{"contains": held}]} for field, held in PATTERNS),
    ]
    for one, least, year in itertools.product(meant, LEAST, YEARS):
        years = [{"type": "yearly", "year": year}] if year else []
        yield {**one, "value_range": {"min": least}, "time_ranges": years}
