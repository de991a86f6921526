"""Counts of processes: added up, whichever process is asked and whichever has ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from data_processing.instruments import CACHE_LOOKUPS, ENGINE_SECONDS, count_lookup
from data_processing.operations import process_counts
from data_processing.operations.process_counts import Pusher
from data_processing.outputs import results
from tools.stack.servers import Redis

pytestmark = pytest.mark.usefixtures("redis_up")

HITS = ("philgeps_cache_lookups_total", (("cache", "answers"), ("outcome", "hit")))


@pytest.fixture(autouse=True)
def own_counts(redis_server: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sums that no earlier test and no other process has added to."""
    monkeypatch.setattr(process_counts, "KEY", "counts:test")
    monkeypatch.setattr(process_counts, "pusher", Pusher())
    CACHE_LOOKUPS.clear()
    yield
    with redis.Redis.from_url(redis_server.database_url(1)) as client:
        client.delete("counts:test")


def read() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in process_counts.measure_processes()
        for sample in family.samples
    }


def test_counts_of_several_processes_are_added_up_and_outlive_them() -> None:
    one, other = Pusher(), Pusher()
    count_lookup("answers", hit=True)
    one.push()
    other.push()
    count_lookup("answers", hit=True)
    one.push()
    one.push()
    del one, other
    process_counts.pusher.start_anew()
    assert read()[HITS] == 3


def test_forked_child_does_not_bring_what_its_parent_counted() -> None:
    count_lookup("answers", hit=True)
    child = Pusher()
    child.start_anew()
    child.push()
    assert read()[HITS] == 1
    count_lookup("answers", hit=True)
    child.push()
    assert read()[HITS] == 3  # the child's and, once more, this process' own


def test_counts_wait_for_a_redis_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pusher = Pusher()
    count_lookup("answers", hit=True)
    monkeypatch.setattr(results._Outage, "until", float("inf"))
    pusher.push()
    assert read() == {}
    count_lookup("answers", hit=True)
    monkeypatch.setattr(results._Outage, "until", 0.0)
    pusher.push()
    process_counts.pusher.start_anew()
    assert read()[HITS] == 2


def test_redis_that_has_forgotten_begins_at_nothing(redis_server: Redis) -> None:
    count_lookup("answers", hit=True)
    assert read()[HITS] == 1
    with redis.Redis.from_url(redis_server.database_url(1)) as client:
        client.delete("counts:test")
    count_lookup("answers", hit=True)
    assert read()[HITS] == 1


def test_histogram_has_all_of_its_bounds_in_order() -> None:
    before = read()["philgeps_duckdb_statement_seconds_count", ()]
    ENGINE_SECONDS.observe(0.3)
    (family,) = (one for one in process_counts.measure_processes() if "duckdb" in one.name)
    buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
    bounds = [float(sample.labels["le"]) for sample in buckets]
    assert bounds == sorted(bounds)
    assert bounds[-1] == float("inf")
    counts = [sample.value for sample in buckets]
    assert counts == sorted(counts)
    assert counts[-1] == before + 1
