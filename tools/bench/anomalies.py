"""``python -m tools.bench.anomalies [SEED...]``: of the anomalies that are planted in made contracts, how
many are found, how many of those found were planted, and how many false alarms clean contracts raise. With
``--time`` how long BENCH_ROWS contracts take, and how much memory.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from contracts.anomalies.answers import Wanted, list_anomalies, make_filters
from contracts.anomalies.declared import AMOUNT, KINDS, LEVEL
from contracts.anomalies.model import Model, write_model
from contracts.anomalies.training import train
from contracts.engine.store import Reader, Store
from contracts.ingest import import_files
from contracts.questions.query import Page, Query
from contracts.snapshot.versions import Snapshot
from tools.bench.dataset import ForDevelopers, prepare_snapshot, read_peak_rss_mb, read_rows
from tools.sample.unusual import KEY, write_unusual

SEEDS = (1, 2, 3)
NEAR = 2
"""Months by which the place of a step may be missed."""

T = TypeVar("T")


@dataclass
class Score:
    """By kind: how many were planted, found of these, told in all, and told of clean contracts."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)

    def recall(self, kind: str) -> float:
        return self.found[kind] / self.planted[kind]

    def precision(self, kind: str) -> float:
        return self.right[kind] / self.told[kind] if self.told[kind] else 1.0


def measure_planted(seeds: Sequence[int], *, clean: bool = True) -> Score:
    """Plant, find and compare with the key, for each seed; ``clean``: and look at clean contracts too."""
    score = Score()
    for seed in seeds:
        rows, key = _find(seed, planted=True)
        for kind in KINDS:
            told = [row for row in rows if row["kind"] == kind]
            known = _read_key(kind, key)
            places = [_place(kind, row) for row in told]
            alike = [*known, *_read_key("follows", key)] if kind == "month" else known
            score.planted[kind] += len(known)
            score.found[kind] += sum(any(_is_at(kind, one, place) for place in places) for one in known)
            score.told[kind] += len(told)
            score.right[kind] += sum(any(_is_at(kind, one, place) for one in alike) for place in places)
        if clean:
            score.clean.update(row["kind"] for row in _find(seed, planted=False)[0])
    return score


def _find(seed: int, *, planted: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What is found in a sample, and its key."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        path = write_unusual(out, seed=seed, planted=planted)
        snapshot: Snapshot = finish(import_files([path], root=out / "datasets", as_of=date(2025, 12, 31)))
        store = Store(snapshot, memory_limit_mb=256)
        try:
            with store.reader() as reader:
                model: Model = finish(train(reader, snapshot.version))
                rows = model.found.to_pylist()
                for row in rows:
                    row["numbers"] = _list_numbers(reader, row) if row["kind"] == AMOUNT else []
        finally:
            store.close()
        return rows, json.loads((out / KEY).read_text(encoding="utf-8"))


def _list_numbers(reader: Reader, row: dict[str, Any]) -> list[str]:
    """The award numbers behind an anomaly."""
    query = Query(filters=make_filters(row), columns=("award_number",))
    return [str(one["award_number"]) for one in reader.search(query, Page(number=1, size=100))]


def _read_key(kind: str, key: dict[str, Any]) -> list[Any]:
    return [tuple(one) if isinstance(one, list) else one for one in key[kind]]


def _place(kind: str, row: dict[str, Any]) -> Any:
    if kind == AMOUNT:
        return row["numbers"]
    of = "category" if row["organization"] is None else "organization"
    return of, row[of], f"{row['first_day']:%Y-%m}"


def _is_at(kind: str, known: Any, place: Any) -> bool:
    """Whether what was told is what was planted."""
    if kind == AMOUNT:
        return known in place
    if kind == LEVEL:
        return known[:2] == place[:2] and abs(_count(known[2]) - _count(place[2])) <= NEAR
    return bool(known == place)


def _count(month: str) -> int:
    return 12 * int(month[:4]) + int(month[5:])


def measure_time(rows: int) -> dict[str, float]:
    """Seconds and peak memory of a model of so many contracts, the size of its file, and how long the API's
    answer of ten takes then: the first one, and others (median)."""
    ForDevelopers.hide()
    store = Store(prepare_snapshot(rows), memory_limit_mb=400)
    began = time.perf_counter()
    with store.reader() as reader, tempfile.TemporaryDirectory() as folder:
        model = finish(train(reader, store.snapshot.version))
        made = Snapshot(Path(folder))
        size = write_model(made, model).stat().st_size
        took_s = time.perf_counter() - began
        peak_mb = read_peak_rss_mb()
        pages = [_time_page(page, made, reader) for page in range(1, 22)]
    return {
        "anomaly_model_s": round(took_s, 1),
        "anomaly_model_mb": peak_mb,
        "anomaly_file_mb": round(size / 1e6, 1),
        "anomaly_first_page_ms": round(pages[0]),
        "anomaly_page_ms": round(median(pages[1:])),
    }


def _time_page(page: int, snapshot: Snapshot, reader: Reader) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    list_anomalies(Wanted(page=page), snapshot, reader)
    return 1000 * (time.perf_counter() - began)


def finish(work: Generator[Any, None, T]) -> T:
    """What a generator returns in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def main() -> None:
    if "--time" in sys.argv[1:]:
        print(json.dumps({"rows": read_rows(), **measure_time(read_rows())}))
        return
    seeds = [int(text) for text in sys.argv[1:]] or SEEDS
    score = measure_planted(seeds)
    print(f"seeds {', '.join(map(str, seeds))}")
    for kind in KINDS:
        print(
            f"  {kind}: recall {score.recall(kind):.3f} ({score.found[kind]} of {score.planted[kind]}),"
            f" precision {score.precision(kind):.3f} ({score.right[kind]} of {score.told[kind]} told),"
            f" {score.clean[kind]} false alarms on clean contracts"
        )


if __name__ == "__main__":
    main()
