"""From a search to the contracts that came later: saved, watched, told, looked at, ended."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import write_later_file
from tools.chaos.alerts.arrivals import Arrival
from tools.chaos.alerts.ends import Ends
from tools.chaos.alerts.postbox import find_alerts, text_of

SUPPLIER = "PEÑA & SONS 7, INC."
TITLE = "Supply of <b>later</b> desks"


@contextmanager
def later_dataset(page: Page, site: Site, raw: Path) -> Iterator[None]:
    """A dataset version with one more contract of the supplier; other tests find theirs current again."""
    before = page.request.get("/api/v1/datasets/current/").json()["version"]
    write_later_file(raw, {"Awardee Organization Name": SUPPLIER, "Award Title": TITLE}, {})
    site.system.run_command("import_contracts", str(raw), quietly=True)
    try:
        yield
    finally:
        site.system.run_command("use_dataset", before, quietly=True)


def wait_for_both(page: Page, ends: Ends) -> tuple[EmailMessage, Arrival]:
    """The one mail and the one message that come; a sweep may take some seconds to send them."""
    deadline = time.monotonic() + 60
    while not (ends.mailing.box.mails and ends.hook.arrivals) and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    [mail], [message] = ends.mailing.box.mails, ends.hook.arrivals
    return mail, message


def add_receiver(page: Page, url: str) -> None:
    page.get_by_label("What it is").fill("Newsroom")
    page.get_by_label("Address", exact=True).fill(url)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="I have it").click()


def find_link(text: str, path: str) -> str:
    """The first link of a mail to a place below ``path``."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S*)", text)
    assert found, text
    return found[1]


def test_watched_search_is_told_by_mail_and_webhook_leads_to_the_new_contract_and_ends_in_one_click(
    staff_page: Page, site: Site, ends: Ends, tmp_path: Path
) -> None:
    page = staff_page
    ExplorerPage(page, "?contractor=PE%C3%91A+%26+SONS+7,+INC.")
    page.get_by_role("link", name="Save", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("Desks")
    page.get_by_role("button", name="Save", exact=True).click()
    row = page.get_by_role("row").filter(has_text="Desks")
    row.get_by_label("When Desks is watched").select_option("version")
    add_receiver(page, ends.hook.url)
    row.get_by_label("by e-mail too").check()
    row.get_by_label("to Newsroom too").check()
    expect(row.get_by_text("contracts, compared")).to_be_visible(timeout=60_000)
    with later_dataset(page, site, tmp_path / "later.csv"):
        page.get_by_role("button", name="Check now: Desks").click()
        alert = page.get_by_role("article").filter(has_text=TITLE)
        expect(alert).to_be_visible(timeout=60_000)
        mail, message = wait_for_both(page, ends)
        assert mail["To"] == "ops@site.example"
        assert mail["Subject"].startswith("Desks: 1 new contract worth")
        # Both tell the one alert.
        assert message.alerts == find_alerts(text_of(mail))
        assert len(message.alerts) == 1
        page.goto("about:blank")
        page.goto(find_link(text_of(mail), "/saved/"))
        told = page.get_by_role("article").filter(has_text="Desks")
        expect(told).to_be_in_viewport()
        told.get_by_role("link", name=TITLE).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        page.goto(find_link(text_of(mail), "/unsubscribe/"))
        page.get_by_role("button", name="End these mails").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("No more mails")
        page.goto("/saved/")
        expect(row.get_by_label("by e-mail too")).not_to_be_checked()
        # What the search means now is what was told.
        row.get_by_role("link", name="Desks", exact=True).click()
        expect(page.get_by_role("table").get_by_text(TITLE)).to_be_visible()
