"""What each process counts of itself while it works; ``operations.process_counts`` adds up all processes."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from data_processing import tracing

# Not the library's own, to which Flower adds its figures.
REGISTRY = CollectorRegistry()
QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

HTTP_REQUESTS = Counter(
    "philgeps_http_requests",
    "Answers of the web servers",
    ("method", "route", "status"),
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "philgeps_http_request_seconds",
    "From the whole request to the answer, without the client's wait for a task",
    ("route",),
    buckets=QUICK_S,
    registry=REGISTRY,
)
ENGINE_SECONDS = Histogram(
    "philgeps_duckdb_statement_seconds",
    "How long statements took DuckDB",
    buckets=(*QUICK_S, 60.0, 600.0),
    registry=REGISTRY,
)
CACHE_LOOKUPS = Counter(
    "philgeps_cache_lookups",
    "How often an answer was looked for where it may be at hand",
    ("cache", "outcome"),
    registry=REGISTRY,
)


def count_lookup(cache: str, *, hit: bool) -> None:
    """Count that an answer was looked for, and whether it was there."""
    CACHE_LOOKUPS.labels(cache, "hit" if hit else "miss").inc()


class EngineFigures:
    """Counts what the engine does: its observer."""

    def note_statement(self, seconds: float) -> None:
        ENGINE_SECONDS.observe(seconds)
        tracing.note_done("DuckDB statement", seconds=seconds)

    def note_lookup(self, cache: str, *, hit: bool) -> None:
        count_lookup(f"engine {cache}", hit=hit)
