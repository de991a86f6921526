"""``python -m tools.bench [--smoke]``: every figure beside its bar, peers in the same run on the same rows.

Prints a table and, as the last line, one JSON object; a run at full size writes docs/reference/benchmarks.md
and benchmarks.json beside it. BENCH_ROWS makes it smaller. ``--smoke`` judges ratios alone and fails where
one is far below its bar.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping

from tools.bench import answers, dataset, exports, pages, queries, tables
from tools.bench.dataset import FULL, read_rows
from tools.bench.figures import list_missed, show_table
from tools.bench.reference import PAGE, describe_machine, write_head

MEASURES: tuple[Callable[[int], Mapping[str, float]], ...] = (
    exports.measure,
    queries.measure,
    tables.measure,
    pages.measure,
    answers.measure,
    dataset.measure,
)
"""Each takes the number of rows and returns figures of ``figures.BARS``. A new one is one line here.

Imports come last: what they leave to be written to disk slows others.
"""


def run_measures(rows: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    for measure in MEASURES:
        print(f"{measure.__module__}, {rows:,} rows", flush=True)
        figures.update({name: round(value, 3) for name, value in measure(rows).items()})
    return figures


def write_reference(figures: Mapping[str, float], rows: int) -> None:
    """The table as a page of the reference, and the figures as JSON beside it."""
    write_head(
        [
            "# Benchmarks",
            "",
            "For those who choose hardware, and developers who make something faster or slower.",
            "",
            "Written by `make bench`: medians, peers in the same run on the same rows. The rows come from",
            "`python -m tools.sample` and `import_contracts`.",
            "",
            f"{rows:,} rows, {describe_machine()}",
            "",
            *show_table(figures),
        ]
    )
    PAGE.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="small sizes: only ratios count, and with slack")
    smoke: bool = parser.parse_args().smoke
    rows = read_rows()
    figures = run_measures(rows)
    print("\n".join(show_table(figures)))
    if rows >= FULL:
        write_reference(figures, rows)
    missed = list_missed(figures, smoke=smoke)
    if missed:
        print(f"below the bar: {', '.join(missed)}")
    print(json.dumps(figures))
    if smoke and missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
