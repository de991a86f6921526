"""What pages do on bad lines and with files of others."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Site, sign_in
from tests.e2e.explorer_page import ExplorerPage


def test_a_file_is_shared_by_a_link_that_others_open_until_it_is_revoked(
    page: Page, chromium: Browser, site: Site
) -> None:
    explorer = ExplorerPage(page, "?year=2021&area=Province+3")
    card = explorer.export(format="csv")
    own = card.get_by_role("link", name="Download")
    own.wait_for(timeout=60_000)
    card.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Open for").select_option("one hour")
    dialog.get_by_role("button", name="Make a link").click()
    link = dialog.get_by_role("link")
    expect(link).to_be_visible()
    with chromium.new_context(base_url=site.url) as context:
        other = context.new_page()
        other.goto(f"{site.url}{own.get_attribute('href')}")
        expect(other.get_by_role("heading", name="This file is not open to you")).to_be_visible()
        other.goto(link.get_attribute("href") or "")
        expect(other.get_by_role("main")).to_contain_text("a visitor without an account shares")
        with other.expect_download() as started:
            other.get_by_role("link", name="Download").click()
        assert started.value.suggested_filename.endswith(".csv")
        dialog.get_by_role("button", name="Revoke").click()
        expect(link).to_have_count(0)
        other.reload()
        expect(other.get_by_role("heading", name="This link has ended")).to_be_visible()


def test_a_page_goes_on_by_itself_when_the_line_is_back(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.context.set_offline(True)
    page.locator("label.year", has_text="2022").click()
    expect(page.get_by_text("It is tried again by itself.")).to_be_visible()
    page.context.set_offline(False)
    expect(explorer.rows.first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_ended_session_is_said_before_anything_is_done_and_the_header_follows(page: Page) -> None:
    sign_in(page)
    explorer = ExplorerPage(page)
    page.context.clear_cookies(name="sessionid")
    page.locator("label.year", has_text="2022").click()
    expect(page.get_by_role("heading", name="You are not signed in any more")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    expect(explorer.rows).to_have_count(0)
