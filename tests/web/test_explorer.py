"""The shell of the explorer: what a strict Content-Security-Policy and the API need of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from contracts.fields import NAME_FILTERS
from web.views import PICKERS

STATIC = Path(__file__).parents[2] / "web" / "static" / "web"
SCRIPTS = sorted(STATIC.glob("*.js"))


class Markup(HTMLParser):
    """Tags with their attributes, and the text inside script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style") and data.strip():
            self.inline.append(data)

    def values(self, *names: str) -> list[str]:
        return [text for _, attributes in self.tags for name in names if (text := attributes.get(name))]


@pytest.fixture
def markup(client: Client) -> Markup:
    response = client.get("/")
    assert response.status_code == 200
    return Markup(response.content.decode())


def test_page_sets_the_cookie_whose_token_its_scripts_send_back(client: Client) -> None:
    assert client.get("/").cookies["csrftoken"].value


def test_page_has_no_inline_script_or_style(markup: Markup) -> None:
    assert markup.inline == []
    assert "style" not in {tag for tag, _ in markup.tags}
    assert not [name for _, attributes in markup.tags for name in attributes if re.match(r"on|style$", name)]


def test_page_names_no_other_host_and_no_missing_file(markup: Markup) -> None:
    addresses = [urlsplit(text) for text in markup.values("href", "src")]
    assert not [address for address in addresses if address.netloc]
    names = [address.path.removeprefix("/static/") for address in addresses if "/static/" in address.path]
    assert names
    assert all(finders.find(name) for name in names)


def test_every_label_and_reference_points_at_an_element(markup: Markup) -> None:
    ids = markup.values("id")
    assert len(ids) == len(set(ids))
    wanted = markup.values("for", "aria-controls", "aria-labelledby", "aria-describedby")
    assert {name for names in wanted for name in names.split()} <= set(ids)


def test_form_offers_every_name_filter_of_the_api() -> None:
    assert {picker["field"] for picker in PICKERS} == set(NAME_FILTERS)


@pytest.mark.django_db
def test_page_greets_a_signed_in_user_by_escaped_name(client: Client) -> None:
    client.force_login(User.objects.create_user("ana<b>"))
    assert "ana&lt;b&gt;" in client.get("/").content.decode()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_imports_only_files_that_exist(script: Path) -> None:
    for name in re.findall(r'from "([^"]+)"', script.read_text()):
        assert name.startswith("./")
        assert (STATIC / name).is_file()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_never_turns_text_into_markup(script: Path) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc"
    assert not re.search(forbidden, script.read_text())
