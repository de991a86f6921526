"""How long people wait for the pages: from the address to the first rows, the figures and the charts.

Usage: python -m tools.bench.pages [--data DIR] [--visits 5]. DIR is a folder like DATA_DIR, with a dataset in
it; without one, 100,000 sample contracts are made in a temporary folder. Each visit is the first one of
somebody, with an empty browser; the first of all also finds an empty cache of answers.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.e2e.conftest import launch_chromium
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.system import System
from tools.stack.up import generate_and_import

SAMPLE = 100_000
NOW_MS = "performance.now()"
FIRST_PAINT_MS = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
TRANSFERRED = """performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""
STEPS = {
    "/": ("tbody tr", "#cards .card:last-child a"),
    "/?q=road": ("tbody tr", "#cards .card:last-child a"),
    "/?show=charts&year=2024": ("#charts .treemap",),
}
"""Address -> what appears, in that order."""


def main() -> None:
    """Print one line for each address."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.pages", description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--visits", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-pages-") as temporary:
        folder = options.data or Path(temporary) / "data"
        log = FileLog(Path(temporary) / "logs")
        with System(folder, port=pick_port(), write=log) as system:
            system.start_servers()
            if options.data is None:
                generate_and_import(system, Path(temporary) / "raw", contracts=SAMPLE, seed=1)
            system.start_processes()
            with sync_playwright() as playwright, launch_chromium(playwright) as browser:
                for address, appearing in STEPS.items():
                    report(
                        address,
                        [visit(browser, system.url + address, appearing) for _ in range(options.visits)],
                    )


def visit(browser: Browser, url: str, appearing: Sequence[str]) -> dict[str, float]:
    """Milliseconds from the start of the navigation to each thing, and the bytes that came until the last."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url, wait_until="commit")
    seen = {}
    for selector in appearing:
        page.wait_for_selector(selector)
        seen[selector] = page.evaluate(NOW_MS)
    measured = {"first paint": page.evaluate(FIRST_PAINT_MS), **seen, "KB": page.evaluate(TRANSFERRED) / 1000}
    context.close()
    return measured


def report(address: str, visits: Sequence[dict[str, float]]) -> None:
    print(f"{address}   first visit / median of {len(visits)}")
    for name, first in visits[0].items():
        median = statistics.median(measured[name] for measured in visits)
        print(f"    {name:<26} {first:8.0f} {median:8.0f}{'' if name == 'KB' else ' ms'}")


if __name__ == "__main__":
    main()
