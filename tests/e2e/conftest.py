"""The whole system with real servers, and a Chromium that looks at it the way a person does.

Every page must stay without errors (offences against its Content-Security-Policy are errors), without missing
files and without requests to other hosts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    Response,
    expect,
    sync_playwright,
)

from tests.e2e.raw_file import write_raw_file
from tools.chaos.alerts.ends import Ends, receive_alerts
from tools.stack.children import unmeasured
from tools.stack.logs import FileLog
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import Servers
from tools.stack.system import System

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
"""The first is the same browser without windows, in a third of the processor time."""

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


STAFF = {
    "DJANGO_SUPERUSER_USERNAME": "ops",
    "DJANGO_SUPERUSER_PASSWORD": "a long password",
    "DJANGO_SUPERUSER_EMAIL": "ops@site.example",
}


FILL = """
import os, sys, django
from django.core.management import call_command
os.environ["DJANGO_SETTINGS_MODULE"] = "backend.settings"
django.setup()
call_command("import_contracts", sys.argv[1])
call_command("createsuperuser", interactive=False)
"""
"""Two commands in one process, which starts for seconds."""


@dataclass(frozen=True)
class Site:
    """A running system."""

    system: System

    @property
    def url(self) -> str:
        return self.system.url

    def export_workers(self) -> list[psutil.Process]:
        """The processes of the lane that makes exports."""
        worker = psutil.Process(self.system.pid("bulk"))
        return [worker, *worker.children(recursive=True)]


class Watch:
    """What must not happen on a page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: list[str] = []

    def note_console(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is written to the console too; those are judged by their address below.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.seen.append(f"console: {message.text}")

    def note_dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_response(self, response: Response) -> None:
        if not response.url.startswith((self.url, "data:", "blob:")):
            self.seen.append(f"another host: {response.url}")
        elif response.status >= 400 and not urlsplit(response.url).path.startswith("/api/"):
            self.seen.append(f"{response.status}: {response.url}")


@pytest.fixture(scope="package")
def ends() -> Iterator[Ends]:
    """Where the alerts of the system arrive."""
    with receive_alerts() as ends:
        yield ends


@pytest.fixture(scope="package")
def site(servers: Servers, ends: Ends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The system with the raw file imported."""
    folder = tmp_path_factory.mktemp("site")
    servers.postgres.create_database("e2e")
    # Pages are judged at the speed that people see; their code is measured by the tests beside it.
    configured = {**unmeasured(), **servers.environment(database="e2e")}
    # These workers live on while other tests run: they must not take the messages of others.
    port = pick_port()
    settings = {"REHEARSALS": "1", "RETRY_DELAYS_S": "0.2", "SITE_URL": f"http://{LOOPBACK}:{port}"}
    configured.update(STAFF, **settings, **ends.settings)
    configured["CELERY_BROKER_URL"] = servers.rabbitmq.add_virtual_host("e2e")
    raw = folder / "2020-2024.csv"
    write_raw_file(raw)
    with System(folder / "data", port=port, write=FileLog(folder / "logs"), configured=configured) as system:
        system.start_servers()
        system.run_program("-c", FILL, str(raw))
        system.start_processes()
        yield Site(system)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    # A machine of two cores runs servers, workers and browser at once.
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright, launch_chromium(playwright) as browser:
        yield browser


@contextmanager
def launch_chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium; FileNotFoundError where there is none."""
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise FileNotFoundError(f"Chromium is needed: sudo apt-get install {BROWSERS[0]}")
    browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A visitor of their own: no cookies of other tests."""
    watch = Watch(site.url)
    context = chromium.new_context(base_url=site.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(15_000)
    context.on("console", watch.note_console)
    context.on("weberror", lambda error: watch.seen.append(f"error: {error.error}"))
    context.on("response", watch.note_response)
    context.on("dialog", watch.note_dialog)
    yield context
    context.close()
    assert watch.seen == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="package")
def staff_cookies(chromium: Browser, site: Site) -> dict[str, str]:
    """Those of somebody who has signed in as staff. Once, because a password is hashed for long."""
    with chromium.new_context(base_url=site.url) as context:
        sign_in(context.new_page())
        return {cookie["name"]: cookie["value"] for cookie in context.cookies()}


@pytest.fixture
def staff_page(context: BrowserContext, page: Page, site: Site, staff_cookies: dict[str, str]) -> Page:
    """A page of that person."""
    context.add_cookies(
        [{"name": name, "value": value, "url": site.url} for name, value in staff_cookies.items()]
    )
    return page


def sign_in(page: Page) -> None:
    """Sign in as staff through the form."""
    page.goto("/login/")
    page.get_by_label("Name").fill(STAFF["DJANGO_SUPERUSER_USERNAME"])
    page.get_by_label("Password").fill(STAFF["DJANGO_SUPERUSER_PASSWORD"])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@contextmanager
def frozen(site: Site) -> Iterator[None]:
    """The workers that make exports stand still meanwhile; shorter than a lease, or others take over."""
    workers = site.export_workers()
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for worker in workers:
            worker.resume()


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder
