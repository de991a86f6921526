"""Search and filter in a browser: what people see is what the API counts, and a link brings it back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import (
    COMMA_NAME,
    FLOOD_AWARDS_2024,
    PLAIN_AWARDS,
    SPECIAL,
    TRICKY,
    TRICKY_NOTICE,
    make_plain_awards,
)


def test_first_visit_shows_all_contracts_newest_first(page: Page) -> None:
    explorer = ExplorerPage(page)
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL)
    expect(explorer.rows).to_have_count(50)
    expect(explorer.rows.first).to_contain_text("2024-12")
    expect(page.locator("#dataset")).to_have_text(f"{PLAIN_AWARDS + len(SPECIAL):,} contracts, 2019–2024")


def test_words_typed_in_any_order_and_of_any_column_find_rows_while_they_are_typed(page: Page) -> None:
    explorer = ExplorerPage(page)
    box = page.get_by_role("combobox", name="Keywords")
    box.press_sequentially("control province flood")
    expect(explorer.summary).to_contain_text(f"{FLOOD_AWARDS_2024} contracts")
    expect(page).to_have_url(re.compile(r"\?text=control\+province\+flood$"))
    expect(explorer.rows.first.locator(".title")).to_contain_text("flood control")
    box.fill('"control flood"')
    expect(explorer.summary).to_have_text("No contract matches")
    page.go_back()
    expect(explorer.summary).to_contain_text(f"{PLAIN_AWARDS + len(SPECIAL):,} contracts")


def test_alternative_widens_the_search_and_a_minus_narrows_it(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.search("flood")
    page.get_by_role("button", name="or…").click()
    page.get_by_role("combobox", name="Keywords").press_sequentially("<script>")
    expect(explorer.summary).to_contain_text(f"{FLOOD_AWARDS_2024 + 1} contracts")
    explorer.search("flood -control")
    assert explorer.count() == 0
    explorer.search('flood "control')
    expect(page.locator("#keyword-error")).to_contain_text("character 7: the quotation mark is not closed")


def test_number_finds_its_contract(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.search("0005001234")
    assert explorer.count() == 1
    expect(explorer.rows.first).to_contain_text("Ref. 5001234")
    by_link = ExplorerPage(page, "?number=C-1234")
    assert by_link.count() == 1
    page.get_by_role("button", name="Remove C-1234").click()
    by_link.wait()
    assert by_link.count() == PLAIN_AWARDS + len(SPECIAL)


def test_numbers_have_a_field_among_more_filters(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_text("More filters", exact=True).click()
    box = page.get_by_label("Number", exact=True)
    for number in ("0005001234", "C-1300"):
        box.fill(number)
        box.press("Enter")
        expect(page.get_by_role("button", name=f"Remove {number}")).to_be_visible()
        expect(box).to_have_value("")
    expect(page).to_have_url(re.compile(r"number=0005001234&number=C-1300$"))
    explorer.wait()
    assert explorer.count() == 2
    linked = ExplorerPage(page, "?number=C-1300")
    expect(page.get_by_label("Number", exact=True)).to_be_visible()
    assert linked.count() == 1


@pytest.mark.parametrize("look", ["rows", "charts", "table", "distribution"])
def test_what_to_know_of_an_answer_is_said_whichever_way_it_is_looked_at(page: Page, look: str) -> None:
    ExplorerPage(page, f"?show={look}&organization=MUNICIPALITY+OF+TEST+4O")
    expect(page.locator("#unknown")).to_contain_text("no contract has the name “MUNICIPALITY OF TEST 4O”")
    ExplorerPage(page, f"?show={look}&text=flod&year=2024")
    expect(page.locator("#message")).to_contain_text("Nothing found")
    page.locator("#message .near").get_by_role("link", name="flood").click()
    expect(page).to_have_url(re.compile("text=flood"))
    expect(page.locator("#summary")).to_contain_text(f"{FLOOD_AWARDS_2024} contracts")


def test_all_names_with_something_are_one_filter_whose_names_can_be_seen(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_role("combobox", name="Organization", exact=True).fill("test municipality")
    offered = page.get_by_role("option", name="All 40 names with municipality and test")
    expect(offered).to_contain_text(f"{PLAIN_AWARDS + len(SPECIAL) - 1:,} contracts")
    offered.click()
    explorer.wait()
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL) - 1
    expect(page.locator("#in-words")).to_have_text("organization: names with 'municipality' and 'test'")
    page.get_by_role("button", name="all with municipality and test", exact=False).first.click()
    names = page.get_by_role("dialog")
    expect(names).to_contain_text("40 names")
    expect(names.get_by_role("listitem").filter(has_text="MUNICIPALITY OF TEST 39")).to_be_visible()
    names.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Remove all with municipality and test").click()
    explorer.wait()
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL)


def test_what_is_not_found_leads_to_what_is_near(page: Page) -> None:
    explorer = ExplorerPage(page, "?organization=MUNICIPALITY+OF+TEST+4O&text=flod")
    expect(page.locator("#unknown")).to_contain_text("no contract has the name “MUNICIPALITY OF TEST 4O”")
    page.locator("#unknown").get_by_role("link", name="MUNICIPALITY OF TEST 4", exact=True).click()
    explorer.wait()
    near = page.locator("#message .near")
    expect(near).to_contain_text("flood")
    near.get_by_role("link", name="flood").click()
    explorer.wait()
    found = explorer.count()
    assert 0 < found < FLOOD_AWARDS_2024
    explorer.choose_year(2020)
    without = page.locator("#message .without")
    expect(without.get_by_role("listitem").filter(has_text="at any time")).to_contain_text(
        f": {found} contract"
    )
    without.get_by_role("link", name="at any time").click()
    explorer.wait()
    assert explorer.count() == found


def test_filters_narrow_together_and_the_link_reproduces_them(page: Page, context: BrowserContext) -> None:
    explorer = ExplorerPage(page)
    explorer.pick("Organization", "municipality of test 4", "MUNICIPALITY OF TEST 4")
    explorer.pick("Place of delivery", "province 1", "Province 1")
    explorer.choose_year(2024)
    explorer.choose_year(2023)
    explorer.type_amount("At least, pesos", "0.03M")
    expect(page.get_by_label("At least, pesos")).to_have_value("30,000")
    expect(page.locator("#in-words")).to_have_text(
        "organization: MUNICIPALITY OF TEST 4; place: Province 1; awarded 2023 or 2024; at least ₱30,000.00"
    )
    summary = explorer.summary.inner_text()
    assert explorer.count() == sum(
        award["Procuring Entity"] == "MUNICIPALITY OF TEST 4"
        and award["Area of Delivery"] == "Province 1"
        and award["Award Date"][:4] in ("2023", "2024")
        and float(award["Contract Amount"]) >= 30_000
        for award in make_plain_awards()
    )
    shared = ExplorerPage(context.new_page(), page.url[page.url.index("?") :])
    expect(shared.summary).to_have_text(summary)
    expect(shared.page.get_by_role("button", name="Remove MUNICIPALITY OF TEST 4")).to_be_visible()
    expect(shared.page.get_by_label("2023", exact=True)).to_be_checked()
    expect(shared.page.get_by_label("At least, pesos")).to_have_value("30,000")


def test_filter_among_more_filters_is_picked_linked_charted_and_taken_away(
    page: Page, context: BrowserContext
) -> None:
    explorer = ExplorerPage(page)
    everything = explorer.count()
    page.get_by_text("More filters").click()
    explorer.pick("Procurement mode", "mode", "Mode 1")
    of_mode_1 = explorer.count()
    assert 0 < of_mode_1 < everything
    assert "procurement_mode=Mode+1" in page.url
    shared = ExplorerPage(context.new_page(), page.url[page.url.index("?") :])
    assert shared.count() == of_mode_1
    expect(shared.page.get_by_role("combobox", name="Procurement mode")).to_be_visible()
    shared.page.get_by_role("button", name="Remove Mode 1").click()
    shared.wait()
    assert shared.count() == everything
    charts = ExplorerPage(context.new_page(), "?show=charts")
    charts.page.get_by_role("link", name="Mode 2").first.click()
    charts.wait()
    assert "procurement_mode=Mode+2" in charts.page.url


def test_link_shows_every_filter_of_more_filters_as_a_chip_that_can_be_removed(page: Page) -> None:
    link = "?procurement_mode=Mode+1&funding_source=Fund+2&classification=Class+0&except_award_status=active"
    explorer = ExplorerPage(page, link)
    assert explorer.count() == 0
    chips = page.locator("#chips")
    expect(chips.get_by_role("listitem")).to_have_text(
        [
            re.compile("Procurement mode.*Mode 1"),
            re.compile("Funding source.*Fund 2"),
            re.compile("Classification.*Class 0"),
            re.compile("Award status.*not active"),
        ]
    )
    counts = []
    for name in ("not active", "Class 0", "Fund 2", "Mode 1"):
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(chips.get_by_text(name, exact=True)).to_have_count(0)
        counts.append(explorer.count())
    # The awards of Fund 2 are all of Class 0.
    assert counts[0] == counts[1] < counts[2] < counts[3] == PLAIN_AWARDS + len(SPECIAL)
    assert "?" not in page.url.removesuffix("?")


def test_more_filters_are_shut_until_one_of_them_is_used(page: Page) -> None:
    ExplorerPage(page, "?area=Province+1")
    status = page.get_by_role("combobox", name="Award status")
    expect(status).to_be_hidden()
    page.get_by_text("More filters").click()
    expect(status).to_be_visible()
    ExplorerPage(page, "?award_status=active")
    expect(status).to_be_visible()


def test_back_button_returns_to_the_view_before(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.search("flood")
    explorer.choose_year(2020)
    assert explorer.count() == 0
    page.go_back()
    expect(explorer.summary).to_contain_text(f"{FLOOD_AWARDS_2024} contracts")
    expect(page.get_by_label("2020", exact=True)).not_to_be_checked()
    page.go_back()
    expect(explorer.summary).to_contain_text(f"{PLAIN_AWARDS + len(SPECIAL):,} contracts")
    expect(page.get_by_role("combobox", name="Keywords")).to_have_value("")


def test_amounts_stand_right_with_pesos_and_sort_both_ways(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2024")
    amount = explorer.rows.first.get_by_role("cell").last
    expect(amount).to_have_css("text-align", "right")
    button = page.get_by_role("columnheader", name="Contract amount").get_by_role("button")
    button.click()
    expect(amount).to_have_text("₱61,999.25")
    expect(page.get_by_role("columnheader", name="Contract amount")).to_have_attribute(
        "aria-sort", "descending"
    )
    button.click()
    expect(amount).to_have_text("₱2,004.25")
    expect(button).to_be_focused()


def test_pages_follow_each_other_without_gap_or_repeat(page: Page) -> None:
    explorer = ExplorerPage(page, "?q=flood&size=50")
    first = explorer.rows.locator(".title").all_inner_texts()
    page.get_by_role("link", name="Next").click()
    explorer.wait()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("Rows 51–90 of 90")
    second = explorer.rows.locator(".title").all_inner_texts()
    assert len({*first, *second}) == FLOOD_AWARDS_2024
    page.get_by_label("Rows per page").select_option("100")
    explorer.wait()
    expect(explorer.rows).to_have_count(FLOOD_AWARDS_2024)


def test_name_in_a_row_filters_by_it(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    page.get_by_role("link", name="DepEd · Division of Cebu").click()
    expect(explorer.summary).to_contain_text("in 1 contract")
    expect(page).to_have_url(re.compile(r"organization=DEPARTMENT\+OF\+EDUCATION%2C\+DIVISION"))


def test_missing_name_is_a_filter_of_its_own(page: Page) -> None:
    explorer = ExplorerPage(page, "?area=")
    assert explorer.count() == 1
    expect(page.get_by_role("button", name="Remove (none given)")).to_be_visible()


def test_hostile_contract_is_shown_as_text(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    expect(page.get_by_text(TRICKY, exact=True).first).to_be_visible()
    expect(page.get_by_text(TRICKY_NOTICE).first).to_be_visible()
    explorer.pick("Contractor", "<script>", TRICKY)
    assert explorer.count() == 1
    expect(page.get_by_role("button", name=f"Remove {TRICKY}")).to_be_visible()
    expect(page.locator("#in-words")).to_contain_text(TRICKY)
    page.reload()
    explorer.wait()
    assert explorer.count() == 1
    assert page.locator("tbody script, tbody img, .chips script").count() == 0


def test_nothing_found_says_what_to_do(page: Page) -> None:
    explorer = ExplorerPage(page, "?q=zeppelin")
    expect(explorer.summary).to_have_text("No contract matches")
    expect(page.get_by_role("button", name="Export")).to_be_disabled()
    page.locator("#message").get_by_role("button", name="Clear all filters").click()
    explorer.wait()
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL)
    expect(page.get_by_role("combobox", name="Keywords")).to_have_value("")


def test_phrases_of_older_links_mean_what_they_meant_and_can_be_removed(page: Page) -> None:
    explorer = ExplorerPage(page, "?q=flood+%26%26+control&q=zeppelin")
    assert explorer.count() == FLOOD_AWARDS_2024
    page.get_by_role("button", name="Remove flood && control").click()
    explorer.wait()
    assert explorer.count() == 0


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?min=9&max=3", "Amount: min 9.00 is greater than max 3.00"),
        ("?year=20245", "Year or days of award: must be at most 2100, got 20245"),
        ("?page=0", "Page: must be at least 1, got 0"),
        ("?sort=shoe_size", 'Order: "shoe_size" is not a sortable column'),
    ],
)
def test_bad_link_is_explained_and_can_be_left(page: Page, query: str, words: str) -> None:
    explorer = ExplorerPage(page, query)
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button", name="Export")).to_be_disabled()
    page.get_by_role("alert").get_by_role("button", name="Start over").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert explorer.count() == PLAIN_AWARDS + len(SPECIAL)


def test_page_beyond_the_last_leads_back(page: Page) -> None:
    explorer = ExplorerPage(page, "?q=flood&page=7")
    expect(page.locator("#message")).to_contain_text("There is no page 7; the last one is 2.")
    page.get_by_role("link", name="Go to the first page").click()
    explorer.wait()
    expect(explorer.rows).to_have_count(50)


def test_name_suggested_in_the_search_box_becomes_a_filter(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_role("combobox", name="Keywords").press_sequentially("department of e")
    page.get_by_role("option", name=COMMA_NAME).click()
    explorer.wait()
    expect(page.get_by_role("button", name=f"Remove {COMMA_NAME}")).to_be_visible()
    assert explorer.count() == 1
    expect(page.get_by_role("combobox", name="Keywords")).to_have_value("")


def test_days_and_quarters_are_filters_with_chips(page: Page) -> None:
    explorer = ExplorerPage(page, "?quarter=2024-Q1&quarter=2023-Q4")
    assert explorer.count() == sum(
        award["Award Date"][:7] in ("2024-01", "2024-02", "2024-03", "2023-10", "2023-11", "2023-12")
        for award in make_plain_awards()
    )
    page.get_by_role("button", name="Remove Q4 2023").click()
    page.get_by_role("button", name="Remove Q1 2024").click()
    page.get_by_label("from", exact=True).fill("2024-02-01")
    expect(page.get_by_role("button", name="Remove From 2024-02-01")).to_be_visible()
    page.get_by_label("to", exact=True).fill("2024-02-10")
    expect(page.get_by_role("button", name="Remove 2024-02-01 to 2024-02-10")).to_be_visible()
    explorer.wait()
    expect(page.locator("#in-words")).to_have_text("awarded 2024-02-01 to 2024-02-10")


def test_columns_are_picked_kept_in_the_link_and_put_back(page: Page) -> None:
    ExplorerPage(page)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Line items").check()
    page.get_by_role("checkbox", name="Organization").uncheck()
    expect(page.get_by_role("columnheader", name="Line items")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Organization")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("columnheader", name="Line items")).to_be_visible()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("button", name="The usual ones").click()
    expect(page.get_by_role("columnheader", name="Organization")).to_be_visible()
    assert "columns" not in page.url


def test_details_tell_all_of_a_contract_and_lead_to_its_namesakes(page: Page) -> None:
    explorer = ExplorerPage(page, "?year=2019")
    page.get_by_role("button", name=TRICKY).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text(TRICKY)
    expect(dialog).to_contain_text("Award No.7000001")
    expect(dialog).to_contain_text("Source file2020-2024.csv")
    dialog.get_by_role("link", name="All contracts of this category").click()
    expect(dialog).to_be_hidden()
    explorer.wait()
    expect(page).to_have_url(re.compile(r"\?category=Category\+1$"))


def test_amount_that_is_none_is_refused_at_its_field(page: Page) -> None:
    explorer = ExplorerPage(page)
    explorer.type_amount("At most, pesos", "lots")
    expect(page.get_by_text("Type an amount in pesos")).to_be_visible()
    expect(page.get_by_label("At most, pesos")).to_have_attribute("aria-invalid", "true")


def test_unreachable_server_is_said_and_the_search_can_be_repeated(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.route("**/tasks/search/", lambda route: route.abort())
    explorer.search("flood")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/tasks/search/")
    page.get_by_role("button", name="Try again").click()
    expect(explorer.summary).to_contain_text(f"{FLOOD_AWARDS_2024} contracts")


def test_keyboard_alone_searches_picks_and_removes(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_role("combobox", name="Keywords").focus()
    page.keyboard.type("office chairs")
    page.keyboard.press("Enter")
    expect(explorer.summary).to_contain_text(f"{PLAIN_AWARDS - FLOOD_AWARDS_2024:,} contracts")
    box = page.get_by_role("combobox", name="Contractor", exact=True)
    box.focus()
    page.keyboard.type("pena & sons 7")
    options = page.locator("#contractors-list").get_by_role("option", selected=True)
    expect(options).to_contain_text("PEÑA & SONS 7, INC.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("Remove PEÑA & SONS"))).to_be_visible()
    expect(box).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name=re.compile("Remove PEÑA & SONS"))).to_have_count(0)
    page.keyboard.type("zzz")
    expect(page.get_by_text("No other name matches")).to_be_visible()


@pytest.mark.parametrize("width", [360, 820], ids=["phone", "tablet"])
def test_small_screen_shows_everything_without_sideways_scrolling(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    explorer = ExplorerPage(page, "?year=2019")
    expect(page.get_by_role("combobox", name="Contractor", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Filters (1)").click()
    expect(page.get_by_role("combobox", name="Contractor", exact=True)).to_be_visible()
    explorer.choose_year(2024)
    expect(page.get_by_role("button", name="Filters (2)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_printed_page_is_the_result_without_the_controls(page: Page) -> None:
    ExplorerPage(page, "?year=2024")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    for part in (page.locator(".filters"), page.locator(".search-bar"), page.locator(".export-form")):
        expect(part).to_be_hidden()
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.get_by_text("awarded 2024").first).to_be_visible()
