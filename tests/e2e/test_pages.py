"""My tasks, operations, datasets and signing in, in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow.parquet as pq
from playwright.sync_api import Page, expect

from contracts.fields import REPAIRABLE
from tests.e2e.conftest import Site, frozen, sign_in
from tests.e2e.explorer_page import ExplorerPage
from tests.e2e.raw_file import PLAIN_AWARDS, SPECIAL, write_raw_file

REHEARSAL = """number => fetch("/api/v1/data-processing/tasks/rehearsal/", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1],
  },
  body: JSON.stringify({ number, fate: "fail" }),
}).then((response) => response.status)"""


def test_task_is_watched_cancelled_run_again_fetched_and_deleted(
    page: Page, site: Site, downloads: Path
) -> None:
    explorer = ExplorerPage(page, "?year=2022&area=Province+8")
    with frozen(site):
        explorer.export()
        page.goto("/tasks/")
        row = page.get_by_role("row").filter(has_text="area: Province 8; awarded 2022")
        expect(row).to_contain_text("waiting")
        row.get_by_role("button", name="Cancel").click()
        expect(row).to_contain_text("cancelled")
    row.get_by_role("button", name="Run again").click()
    done = row.filter(has_text="done")
    expect(done).to_have_count(1, timeout=60_000)
    with page.expect_download() as started:
        done.get_by_role("link", name="Download").click()
    assert started.value.suggested_filename.endswith(".xlsx")
    started.value.save_as(downloads / "file.xlsx")
    done.get_by_role("button", name="Delete").click()
    expect(row).to_have_count(1)
    expect(row).to_contain_text("cancelled")


def test_history_can_be_narrowed_and_is_empty_for_a_newcomer(page: Page) -> None:
    page.goto("/tasks/")
    expect(page.locator("#nothing")).to_be_visible()
    ExplorerPage(page, "?q=notice+41")
    page.goto("/tasks/")
    page.get_by_label("Kind").select_option("search")
    expect(page.get_by_role("link", name="Search: text: notice 41")).to_be_visible()
    page.get_by_label("State").select_option("FAILURE")
    expect(page.locator("#nothing")).to_be_visible()


def test_task_leads_back_to_a_view_by_more_filters(page: Page) -> None:
    explorer = ExplorerPage(page, "?procurement_mode=Mode+2&except_funding_source=Fund+1&q=lot+77")
    found = explorer.count()
    assert found > 0
    page.goto("/tasks/")
    page.get_by_label("Kind").select_option("search")
    page.get_by_role("link", name=re.compile("procurement mode: Mode 2; funding source other than")).click()
    explorer.wait()
    assert explorer.count() == found
    expect(page.locator("#chips")).to_contain_text("not Fund 1")
    expect(page.get_by_role("combobox", name="Procurement mode")).to_be_visible()


def test_dead_letter_is_read_replayed_and_discarded(staff_page: Page) -> None:
    page = staff_page
    page.goto("/operations/dead-letters/")
    assert page.evaluate(REHEARSAL, 41) == 202
    letter = page.locator(".dead-letters tbody").get_by_role("row").filter(has_text="failed as it was told")
    expect(letter).to_contain_text("every attempt failed", timeout=30_000)
    expect(letter).to_contain_text("attempt 2")
    letter.get_by_role("button", name=re.compile("^Replay")).click()
    expect(letter).to_contain_text("attempt 4", timeout=30_000)
    letter.get_by_role("checkbox").check()
    page.get_by_role("button", name="Discard 1").click()
    page.get_by_role("button", name="Really discard 1?").click()
    expect(letter).to_have_count(0)


def test_dead_letters_are_found_by_error_in_the_address_and_replayed_together(staff_page: Page) -> None:
    page = staff_page
    page.goto("/operations/")
    for number in (51, 52, 53):
        assert page.evaluate(REHEARSAL, number) == 202
    group = page.locator("#groups li").filter(has_text="rehearsed-failure")
    expect(group).to_contain_text("3 ×", timeout=30_000)
    expect(group).to_contain_text("failed as it was told")
    group.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/operations/dead-letters/\?code=rehearsed-failure"))
    rows = page.locator(".dead-letters tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("attempt 2 · ops")
    page.get_by_label("Find").fill("no such thing")
    expect(page.locator("#no-groups")).to_be_visible()
    expect(page).to_have_url(re.compile("q=no"))
    page.go_back()
    expect(rows).to_have_count(3)
    group.get_by_role("button", name="Replay all").click()
    expect(page.locator("#outcome")).to_contain_text("3 dead letters replayed.")
    expect(rows.filter(has_text="attempt 4")).to_have_count(3, timeout=30_000)
    group.get_by_role("button", name="Discard all").click()
    group.get_by_role("button", name="Really discard all?").click()
    expect(group).to_have_count(0)


def test_operations_show_queues_workers_pace_and_schedules(staff_page: Page) -> None:
    page = staff_page
    page.goto("/operations/")
    expect(page.locator("#queues")).to_contain_text("critical")
    expect(page.locator("#workers")).to_contain_text("bulk@")
    expect(page.locator("#figures")).to_contain_text(re.compile(r"Workers\s*3"))
    expect(page.get_by_role("figure")).to_contain_text("Tasks ended, by hour")
    expect(page.locator("#schedules")).to_contain_text("clean up old exports")


def test_worker_that_freezes_while_it_is_idle_is_told_in_the_first_sentence(
    staff_page: Page, site: Site
) -> None:
    page = staff_page
    page.goto("/operations/")
    sentence, verdict = page.locator("#sentence"), page.locator("#verdict")
    expect(verdict).not_to_have_attribute("data-level", "bad")
    with frozen(site):
        expect(verdict).to_have_attribute("data-level", "bad", timeout=40_000)
        expect(sentence).to_contain_text("start a worker of `normal` and `low`")
        expect(page.locator("#conditions")).to_contain_text(re.compile(r"bulk@\S+ does not answer"))
        bulk = page.locator("#workers").get_by_role("row").filter(has_text="bulk@")
        expect(bulk).to_contain_text("silent")
        operations = page.request.get("/health/ready").json()["operations"]
        assert {"no-worker-normal", "silent-workers"} <= set(operations.split(", "))
    expect(verdict).not_to_have_attribute("data-level", "bad", timeout=40_000)
    expect(bulk).to_contain_text("answers")


def test_datasets_account_for_every_row(page: Page) -> None:
    page.goto("/datasets/")
    source = page.get_by_role("row").filter(has_text="2020-2024.csv")
    count = f"{PLAIN_AWARDS + len(SPECIAL):,}"
    expect(source.get_by_role("cell").nth(0)).to_have_text(count)
    expect(source.get_by_role("cell").nth(1)).to_have_text(count)
    expect(page.get_by_role("main")).to_contain_text("No row was rejected.")
    page.get_by_role("link", name="Show these contracts").click()
    expect(page.locator("#chips")).to_contain_text(f"Repaired: any of {len(REPAIRABLE)} columns")


def test_all_contracts_are_offered_as_files_that_hold_them(page: Page) -> None:
    page.goto("/datasets/")
    table = page.get_by_role("region", name="Files by year")
    expect(table).to_be_visible(timeout=60_000)
    *files, last = table.locator("tbody tr").all()
    whole = PLAIN_AWARDS + len(SPECIAL)
    expect(last.get_by_role("cell").nth(0)).to_have_text(f"{whole:,}")
    rows = 0
    for file in files:
        with page.expect_download() as started:
            file.get_by_role("link").click()
        assert started.value.suggested_filename == f"SAMPLE-{file.get_by_role('link').inner_text()}"
        rows += pq.read_metadata(started.value.path()).num_rows
    assert rows == whole
    described = page.get_by_role("link", name="datapackage.json").get_attribute("href")
    assert described is not None
    assert len(page.request.get(described).json()["resources"]) == len(files)


def test_staff_use_an_older_version_and_come_back(staff_page: Page, site: Site, tmp_path: Path) -> None:
    small = tmp_path / "small.csv"
    write_raw_file(small, PLAIN_AWARDS // 10)
    site.system.run_command("import_contracts", str(small))
    staff_page.goto("/datasets/")
    rows = staff_page.locator("#versions tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Current")
    rows.nth(1).get_by_role("button", name="Use this version").click()
    expect(rows.nth(1)).to_contain_text("Current")
    expect(rows.nth(1)).to_contain_text(f"{PLAIN_AWARDS + len(SPECIAL):,}")
    expect(rows.nth(0).get_by_role("button")).to_have_text("Use this version")
    expect(staff_page.locator("#version option:checked")).to_contain_text("(current)")


def test_signing_in_and_out_changes_what_the_site_offers(page: Page) -> None:
    sign_in(page)
    navigation = page.get_by_role("navigation", name="Site")
    expect(navigation.get_by_role("link", name="Operations")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(navigation.get_by_role("link", name="Operations")).to_have_count(0)


def test_theme_is_chosen_and_kept(page: Page) -> None:
    page.goto("/help/")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    expect(page.locator("body")).to_have_css("background-color", "rgb(17, 21, 26)")


def test_page_of_the_api_works_under_the_policy(page: Page) -> None:
    page.goto("/api/docs/")
    expect(page.get_by_text("/api/v1/data-processing/tasks/export/", exact=True).first).to_be_visible()
