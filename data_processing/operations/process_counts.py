"""What the processes count of themselves, added up in Redis: which of them is asked, and which have ended,
makes no difference.

Redis may forget the sums; Prometheus takes that for a new beginning, as it is. While Redis is away each
process goes on counting, and brings it later.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping

import redis
from prometheus_client import Metric as Family

from data_processing.instruments import REGISTRY
from data_processing.outputs import results

KEY = "counts:1"
"""The hash in Redis; another number where the bounds of a histogram change, whose old counts fit no more."""
PUSH_EVERY_S = 5.0

Counts = Mapping[str, float]
"""By name and labels, as JSON."""


class Pusher:
    """Brings what this process has counted to Redis, in a thread that is made on first use: one that was made
    before a fork is not there in the child."""

    def __init__(self) -> None:
        self._starting, self._pushing = threading.Lock(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._pushed: Counts = {}

    def start_anew(self) -> None:
        """After a fork: what the parent had counted is the parent's to bring."""
        self._starting, self._pushing = threading.Lock(), threading.Lock()
        self._thread = None
        self._pushed = _read_own()

    def ensure_running(self) -> None:
        """To be called when something has been counted, or will be. Costs nothing."""
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="counts", daemon=True)
                    self._thread.start()

    def push(self) -> None:
        """Bring now what has been counted since the last time; nothing is lost where Redis is away."""
        with self._pushing:
            counts = _read_own()
            # What has not been seen before is brought with its zeros: all bounds of a histogram belong to it.
            grown = {
                key: value - self._pushed.get(key, 0)
                for key, value in counts.items()
                if key not in self._pushed or value > self._pushed[key]
            }
            if grown and results.ask(lambda client: _add(client, grown)) is not None:
                self._pushed = counts

    def finish(self) -> None:
        """Bring the last counts of a process that did count something."""
        if self._thread is not None:
            self.push()

    def _run(self) -> None:
        while True:
            time.sleep(PUSH_EVERY_S)
            self.push()


def measure_processes() -> Iterator[Family]:
    """The sums over all processes that ever were; nothing while Redis is away."""
    pusher.push()
    stored = results.ask(lambda client: client.hgetall(KEY))
    if stored is None:
        return
    sums = [(*json.loads(key), float(value)) for key, value in stored.items()]
    # Another version may count more: what this one does not know is left out.
    for known in REGISTRY.collect():
        family = Family(known.name, known.documentation, known.type)
        names = [family.name + suffix for suffix in ("_total", "_bucket", "_count", "_sum")]
        for name, labels, value in sorted(
            (one for one in sums if one[0] in names), key=lambda one: _order(one[0], one[1])
        ):
            family.add_sample(name, labels, value)
        yield family


def _order(name: str, labels: Mapping[str, str]) -> tuple[list[str], str, float]:
    """Sorts the samples of one set of labels together, and buckets by their bounds."""
    return [value for label, value in labels.items() if label != "le"], name, float(labels.get("le", 0))


def _read_own() -> dict[str, float]:
    return {
        json.dumps([sample.name, sample.labels], sort_keys=True): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        # When this process began to count tells nobody anything.
        if not sample.name.endswith("_created")
    }


def _add(client: redis.Redis, grown: Counts) -> bool:
    pipeline = client.pipeline(transaction=True)
    for key, by in grown.items():
        pipeline.hincrbyfloat(KEY, key, by)
    pipeline.execute()
    return True


pusher = Pusher()
os.register_at_fork(after_in_child=pusher.start_anew)
atexit.register(pusher.finish)
