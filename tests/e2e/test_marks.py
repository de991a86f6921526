"""What a page says of its data: that contracts are invented, that amounts are hardly right, how to cite."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import FORMULA


def test_invented_contracts_say_so_wherever_one_has_scrolled_and_pages_say_how_to_cite(page: Page) -> None:
    for address in ("/", "/datasets/"):
        page.goto(address)
        band = page.get_by_role("complementary", name="Sample data")
        citation = page.locator(".citation")
        citation.scroll_into_view_if_needed()
        expect(band).to_be_in_viewport()
        expect(citation).to_contain_text("SAMPLE DATA (invented), dataset version")


def test_typing_error_is_named_hatched_and_left_out_by_a_click(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    assert explorer.count() == 2
    notice = page.locator("#implausible-notice")
    expect(notice).to_contain_text(
        "1 contract of more than ten times its budget, or of what is usual, makes 50.0 % of it"
    )
    doubt = page.get_by_role("img", name="implausible: more than ten times the approved budget")
    expect(explorer.rows.filter(has=doubt)).to_contain_text(FORMULA)
    page.get_by_role("link", name="Charts").click()
    expect(page.get_by_role("link", name="of it implausible").locator(".hatched").first).to_be_attached()
    page.get_by_role("link", name="Contracts", exact=True).click()
    notice.get_by_role("link", name="Leave it out").click()
    expect(explorer.rows).to_have_count(1)
    expect(notice).to_be_hidden()
    page.get_by_label("Implausible amounts", exact=True).select_option("only")
    expect(explorer.rows).to_contain_text([FORMULA])
