"""Two views side by side in a browser: the figures are the API's, and the explorer leads there and back."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer_page import ExplorerPage

WITH_TOKEN = """async ({path, body}) => {
    const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
    const headers = {"Content-Type": "application/json", "X-CSRFToken": token, "Prefer": "wait=20"};
    const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
    return (await answer.json()).data;
}"""


def ask(page: Page, kind: str, **body: Any) -> Any:
    """The payload of a task, asked for by the page's visitor."""
    return page.evaluate(WITH_TOKEN, {"path": f"/api/v1/data-processing/tasks/{kind}/", "body": body})


def wait(page: Page) -> None:
    expect(page.locator("#answer[aria-busy=false]")).to_be_visible()


def card(page: Page, label: str) -> Locator:
    return page.locator("#cards .card").filter(has=page.get_by_text(label, exact=True))


def read_rows(page: Page) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator("#table tbody tr").all()]


def year(number: int) -> dict[str, Any]:
    return {"time_ranges": [{"type": "yearly", "year": number}]}


def test_year_of_the_explorer_meets_the_year_before_and_all_figures_are_the_apis(page: Page) -> None:
    ExplorerPage(page, "?year=2024")
    page.locator("#compare").click()
    wait(page)
    expect(page).to_have_url(re.compile(r"/compare/\?a\.year=2024&b\.year=2023$"))
    expected = ask(page, "compare", a=year(2024), b=year(2023), page_size=25)
    summary = expected["summary"]
    expect(page.locator("#summary")).to_contain_text(
        re.compile("^2024 is worth ₱.* (more|less) than 2023[.]$")
    )
    for label, name in (("Contracts", "count"), ("Contractors", "contractors")):
        figure = summary[name]
        expect(card(page, label)).to_contain_text(f"A{figure['a']:,}B{figure['b']:,}", use_inner_text=False)
    for side in ("a", "b"):
        value = summary["total_value"][side]
        expect(card(page, "Total value").locator(f".of-{side}")).to_contain_text(f"{float(value):,.2f}")
        [whole] = [ask(page, "aggregates", filters=year(2024 if side == "a" else 2023), dimensions=[])]
        assert whole["summary"]["total_value"] == value
    assert [row[0] for row in read_rows(page)] == [row["label"] for row in expected["rows"]]
    expect(page.locator("#pager")).to_contain_text(f"of {expected['total_rows']:,}")
    expect(page.get_by_role("figure", name=re.compile("Value by month"))).to_be_visible()
    expect(page.locator("#chart .columns-chart li")).to_have_count(24)


def test_two_contractors_are_picked_sorted_and_lead_to_their_contracts(page: Page) -> None:
    page.goto("/compare/?b.year=2024")
    wait(page)
    names = [row["label"] for row in ask(page, "table", rows="contractor", page_size=2)["rows"]]
    for side, name in zip("ab", names, strict=True):
        box = page.locator(f"#{side}-contractors")
        box.fill(name)
        page.get_by_role("option").filter(has=page.get_by_text(name, exact=True)).first.click()
        expect(page.locator(f"#side-{side}").get_by_role("button", name=f"Remove {name}")).to_be_visible()
    page.locator("#b-year").select_option("")
    page.get_by_label("A row for each").select_option("area")
    page.get_by_role("button", name="Contracts: A", exact=True).click()
    expect(page).to_have_url(re.compile("order=-count_a"))
    wait(page)
    sides = {side: {"contractors": [name]} for side, name in zip("ab", names, strict=True)}
    expected = ask(page, "compare", **sides, by="area", sort="-count_a", page_size=25)
    shown = read_rows(page)
    assert [row[0] for row in shown] == [row["label"] for row in expected["rows"]]
    counts = [[int(text.replace(",", "").replace("–", "0")) for text in row[5:7]] for row in shown]
    assert counts == [[row["count"]["a"], row["count"]["b"]] for row in expected["rows"]]
    page.reload()
    wait(page)
    assert read_rows(page) == shown
    page.locator("#table tbody tr").first.locator("td").nth(4).get_by_role("link").click()
    explorer = ExplorerPage(page, page.url.partition("/")[2].partition("/")[2].partition("/")[2])
    assert explorer.count() == counts[0][0]


def test_side_is_changed_in_the_explorer_and_comes_back(page: Page) -> None:
    page.goto("/compare/?a.year=2024&b.year=2023&by=area")
    wait(page)
    page.get_by_role("link", name="All filters of B").click()
    explorer = ExplorerPage(page, "?year=2022")
    explorer.wait()
    page.locator("#compare").click()
    wait(page)
    expect(page).to_have_url(re.compile(r"/compare/\?a\.year=2024&b\.year=2022&by=area$"))
    page.get_by_role("button", name="Swap A and B").click()
    expect(page).to_have_url(re.compile(r"/compare/\?a\.year=2022&b\.year=2024&by=area$"))
    page.go_back()
    expect(page.locator("#side-b .side-name")).to_have_text("2022")


def test_side_without_contracts_and_a_wrong_value_are_told_in_words(page: Page) -> None:
    page.goto("/compare/?a.year=2024&b.year=2018&b.area=Province+1")
    expect(page.locator("#summary")).to_contain_text("2018 has no contract")
    without = page.locator("#side-b .side-remarks")
    expect(without).to_contain_text("Nothing found")
    without.get_by_role("link", name="at any time").click()
    expect(page).to_have_url(re.compile(r"/compare/\?a\.year=2024&b\.area=Province\+1$"))
    expect(without).to_be_hidden()
    page.goto("/compare/?a.organization=MUNICIPALITY+OF+TEST+4O")
    page.locator("#side-a .side-remarks").get_by_role(
        "link", name="MUNICIPALITY OF TEST 4", exact=True
    ).click()
    expect(page.locator("#side-a .side-name")).to_have_text("MUNICIPALITY OF TEST 4")
    page.goto("/compare/?a.min=9&a.max=3")
    expect(page.get_by_role("alert")).to_contain_text("Amount: min 9.00 is greater than max 3.00")
    expect(page.locator("#answer")).to_be_hidden()


def test_page_fits_screens_of_all_widths(page: Page) -> None:
    for width in (390, 768, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/compare/?a.year=2024&b.year=2023")
        wait(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
