"""Datasets to measure on: generated, imported by the product and checked against their answer key.

They hold BENCH_ROWS contracts, 5 million unless it is set, and are kept under var/bench/. ``python -m
tools.bench.dataset RAW ROOT`` imports in a process of its own and prints seconds and peak memory as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, TypeVar

from contracts.ingest import import_files
from contracts.snapshot import versions
from contracts.snapshot.versions import Snapshot
from tools.sample import AnswerKey, SampleShape, generate

ROOT = Path(__file__).parents[2] / "var" / "bench"

FULL = 5_000_000

T = TypeVar("T")


def read_rows() -> int:
    return int(os.environ.get("BENCH_ROWS", FULL))


def measure(rows: int) -> Mapping[str, float]:
    """import_5m_s and import_5m_mb, of ``rows`` raw rows of all generations."""
    root = ROOT / f"import-{rows}"
    try:
        figures = import_sample(SampleShape(rows=rows), root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return {"import_5m_s": figures["seconds"], "import_5m_mb": figures["peak_mb"]}


def prepare_snapshot(contracts: int) -> Snapshot:
    """A dataset that holds so many contracts of the main source."""
    root = ROOT / f"contracts-{contracts}"
    if not (root / "current").exists():
        import_sample(SampleShape(contracts=contracts), root)
    return versions.current(root)


def import_sample(shape: SampleShape, root: Path) -> dict[str, float]:
    """Generate a sample and import it under ``root``; returns seconds and peak_mb of the import.

    Raises AssertionError where the import is not what the answer key says.
    """
    raw = root.with_suffix(".raw")
    try:
        key = _finish(generate(shape, raw))
        figures = run_apart("tools.bench.dataset", raw, root)
    finally:
        shutil.rmtree(raw, ignore_errors=True)
    manifest = versions.current(root).manifest()
    assert (manifest.rows, manifest.total_value) == (key.rows, key.total_value), "not the key's contracts"
    return figures


def run_apart(module: str, *arguments: object) -> dict[str, float]:
    """The figures that a module prints as JSON in a process of its own."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


class ForDevelopers(MetaPathFinder):
    """Hides pandas, which only tests and peers need: pyarrow imports it where it is there, and 40 MB of it
    would count as memory of the product, which never has it."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)

    @classmethod
    def hide(cls) -> None:
        """From now on, in this process."""
        sys.meta_path.insert(0, cls())


def read_peak_rss_mb() -> int:
    """The peak of this process alone; getrusage would start from that of the parent."""
    return read_status_mb("self")["VmHWM"]


def read_status_mb(pid: int | str) -> dict[str, int]:
    """What a process holds in megabytes, by the names of proc(5): VmHWM at the peak, RssAnon of its own,
    RssFile of mapped files. Nothing where it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    lines = (line.split() for line in status.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(size) // 1024 for name, size, _ in lines}


def _finish(work: Generator[Any, None, T]) -> T:
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def main() -> None:
    raw, root = map(Path, sys.argv[1:])
    key = AnswerKey.read_from(raw)
    started = time.perf_counter()
    _finish(import_files(key.paths(raw), root=root, as_of=key.as_of, accept_losses=True))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": round(seconds, 1), "peak_mb": read_peak_rss_mb()}))


if __name__ == "__main__":
    main()
