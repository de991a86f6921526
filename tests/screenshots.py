"""`python -m tests.screenshots`: every page, light and dark, wide and on a phone, as docs/images/*.png, and
the explorer at six widths as var/screenshots/*.png, to be looked at by who changes it.

Runs the whole system in a folder of its own, with work under way and one task given up. It has sample
contracts, or those of the dataset root that SCREENSHOT_DATASETS names, which is only read.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from contracts.snapshot import versions
from tests.e2e.conftest import STAFF, launch_chromium, sign_in
from tests.e2e.test_pages import REHEARSAL
from tools.stack.logs import FileLog
from tools.stack.ports import pick_port
from tools.stack.system import CHECKOUT, System
from tools.stack.up import generate_and_import

IMAGES = CHECKOUT / "docs" / "images"
CONTRACTS = 100_000
COLOURS = 128
"""An image holds at most as many: a quarter of the bytes, and no difference that one sees."""
WIDTHS = {"wide": (1280, 800), "phone": (390, 800)}
LOOKED_AT = CHECKOUT / "var" / "screenshots"
EVERY_WIDTH = {str(width): (width, 800) for width in (390, 768, 1160, 1280, 1366, 1920)}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@dataclass(frozen=True, kw_only=True)
class View:
    """A page to show, and the element that is there when it is complete. ``staff``: one has to sign in."""

    name: str
    path: str
    complete: str
    staff: bool = False


VIEWS = (
    View(name="explorer", path="/?q=construction&year=2023&year=2024&min=1000000", complete="#cards .card"),
    View(name="charts", path="/?show=charts", complete=".treemap"),
    View(name="table", path="/?show=table&by=category&across=year", complete="#table tbody tr"),
    View(name="distribution", path="/?show=distribution&width=20", complete="#distribution figure"),
    View(name="compare", path="/compare/?a.year=2024&b.year=2023&by=area", complete="#table tbody tr"),
    View(name="saved", path="/saved/", complete="#built-in li"),
    View(name="groups", path="/groups/?area=Province+1&area=Province+2", complete="#keep"),
    View(name="tasks", path="/tasks/", complete="#history tbody .badge.good", staff=True),
    View(name="operations", path="/operations/", complete="#workers tbody tr", staff=True),
    View(name="datasets", path="/datasets/", complete="#dataset .cards"),
    View(name="help", path="/help/", complete="h1"),
    View(name="login", path="/login/", complete="h1"),
)


EXPLORED = tuple(view for view in VIEWS if view.path.startswith("/?"))


def main() -> int:
    """Write all images; the exit status."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as temporary:
        folder = Path(temporary)
        configured = {"PATH": os.environ["PATH"], **STAFF, "REHEARSALS": "1", "RETRY_DELAYS_S": "0.2"}
        log = FileLog(folder / "logs")
        with System(folder / "data", port=pick_port(), write=log, configured=configured) as system:
            system.start_servers()
            system.run_command("createsuperuser", "--no-input")
            if given := os.environ.get("SCREENSHOT_DATASETS"):
                link_dataset(Path(given), folder / "data" / "datasets")
            else:
                generate_and_import(system, folder / "raw", contracts=CONTRACTS, seed=1)
            system.start_processes()
            with sync_playwright() as playwright, launch_chromium(playwright) as browser:
                take_all(browser, system.url)
    return 0


def link_dataset(given: Path, root: Path) -> None:
    """Give the current version of one dataset root to another, without a copy."""
    version = versions.current(given)
    (root / "versions").mkdir(parents=True)
    (root / "versions" / version.version).symlink_to(version.path.resolve())
    versions.use(root, version.version)


def take_all(browser: Browser, url: str) -> None:
    """Every view in every scheme and width, the work of the staff's pages done before."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    sign_in(page)
    make_work(page)
    cookies = context.cookies()
    for path, scheme, (width, height), view in list_shots():
        size: ViewportSize = {"width": width, "height": height}
        context = browser.new_context(base_url=url, viewport=size, color_scheme=scheme)
        if view.staff:
            context.add_cookies(cookies)  # type: ignore[arg-type]
        take(context.new_page(), view, path)
        print(path.relative_to(CHECKOUT), flush=True)
        context.close()


def list_shots() -> Iterator[tuple[Path, Scheme, tuple[int, int], View]]:
    """Where each image goes, its scheme, its size and what it shows."""
    for folder, sizes, views in ((IMAGES, WIDTHS, VIEWS), (LOOKED_AT, EVERY_WIDTH, EXPLORED)):
        for view, (width, size), scheme in product(views, sizes.items(), SCHEMES):
            yield folder / f"{view.name}-{width}-{scheme}.png", scheme, size, view


def make_work(page: Page) -> None:
    """A task that is given up and two exports with files."""
    page.evaluate(REHEARSAL, 41)
    for query in ("?q=flood+%26%26+control&year=2024", "?area=Metro+Manila&min=1000000"):
        page.goto(f"/{query}")
        page.locator("#open-export:enabled").click()
        page.locator("#export button:enabled").click()
        page.locator("#exports [data-state=SUCCESS]").first.wait_for()
    page.goto("/operations/")
    page.locator("#groups li").first.wait_for()


def take(page: Page, view: View, path: Path) -> None:
    page.goto(view.path)
    page.locator(view.complete).first.wait_for()
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
