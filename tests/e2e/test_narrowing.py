"""Boxes of different kinds narrow each other, and what stands in a box is never ignored."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import make_plain_awards


def test_a_year_and_days_narrow_each_other_and_the_words_say_it(page: Page) -> None:
    explorer = ExplorerPage(page, "?from=2024-03-01&to=2024-04-30")
    alone = explorer.count()
    explorer.choose_year(2024)
    assert explorer.count() == alone
    expect(page.locator("#in-words")).to_have_text("awarded 2024, and within 2024-03-01 to 2024-04-30")
    explorer.choose_year(2024)
    explorer.choose_year(2023)
    expect(explorer.summary).to_have_text("No contract matches")


def test_the_second_source_is_chosen_alone_and_is_no_topic(page: Page) -> None:
    explorer = ExplorerPage(page)
    page.get_by_label("Source of the data").select_option(label="Flood-control projects only")
    explorer.wait()
    expect(page).to_have_url(re.compile(r"\?flood=only$"))
    expect(page.locator("#in-words")).to_have_text("all contracts; of the flood-control source only")


def test_text_in_a_name_box_without_a_pick_means_all_names_with_it_or_is_refused_in_words(page: Page) -> None:
    explorer = ExplorerPage(page)
    box = page.get_by_role("combobox", name="Organization", exact=True)
    box.fill("of test 3")
    box.press("Tab")
    expect(page).to_have_url(re.compile("organization_contains=3"))
    plain = sum(" OF TEST 3" in award["Procuring Entity"] for award in make_plain_awards())
    assert explorer.count() == plain + 1  # of the special ones
    box.fill("zeppelin")
    box.press("Tab")
    expect(page.locator("[data-picker=organizations] .field-note")).to_contain_text("No organization has")
    expect(box).to_have_value("zeppelin")
