"""The shell of the explorer and the scripts of all pages: what the API and a strict policy need of them."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from contracts.questions.filters import EXACT
from data_processing.kinds.exporting import FORMATS
from web.views import FORMAT_LABELS, MODULES, PICKERS

STATIC = Path(__file__).parents[2] / "web" / "static" / "web"
SCRIPTS = sorted(STATIC.glob("*.js"))
LATER = {
    f"web/{name}.js"
    for name in (
        *("charts", "figures", "squarify", "dimensions", "table", "distribution", "bands"),
        *("absence", "details", "namelist"),
    )
}


def imports_of(name: str) -> set[str]:
    """The modules that a module needs before it runs, and those that they need."""
    direct = re.findall(r'^import [^;]*?from "\./([^"]+)"', (STATIC / name).read_text(), re.MULTILINE)
    return {f"web/{found}" for found in direct}.union(*(imports_of(found) for found in direct))


def test_form_offers_every_name_filter_of_the_api(client: Client) -> None:
    page = client.get("/").content.decode()
    assert re.findall(r'data-picker="(\w+)"', page) == list(PICKERS)
    root = html.unescape(re.findall(r'<html lang="en" data-filters="([^"]+)"', page)[0])
    assert [declared["filter"] for declared in json.loads(root)] == list(EXACT)


def test_form_hides_a_filter_among_more_filters_where_its_declaration_says_so(client: Client) -> None:
    more = client.get("/").content.decode().partition('id="more-filters"')[2].partition("</details>")[0]
    assert re.findall(r'data-picker="(\w+)"', more) == [name for name, box in PICKERS.items() if box.more]


def test_every_format_of_the_api_has_a_name_for_people() -> None:
    assert set(FORMATS) <= set(FORMAT_LABELS)


def test_all_modules_are_fetched_at_once_and_those_that_few_need_only_when_needed() -> None:
    assert imports_of("explorer.js") == set(MODULES)
    assert not LATER & set(MODULES)
    assert all(finders.find(name) for name in LATER)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_imports_only_files_that_exist(script: Path) -> None:
    for name in re.findall(r'(?:from |import\()"([^"]+)"', script.read_text()):
        assert name.startswith("./")
        assert (STATIC / name).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_never_turns_text_into_markup(script: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc"
    assert not re.search(forbidden, script.read_text())
