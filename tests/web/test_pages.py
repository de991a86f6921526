"""Every page: what a strict policy, screen readers and scripts need of its markup, and who may see it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from api.access.owners import VISITOR_COOKIE
from tests.datasets import publish_awards
from tests.web.markup import Markup

OPEN = ["/", "/compare/", "/flags/", "/saved/", "/tasks/", "/datasets/", "/help/"]
IN_NAVIGATION = [*OPEN, "/operations/", "/tokens/"]
# Where names lead to: the navigation has no room for what few need.
PAGES = [*IN_NAVIGATION, "/groups/", "/analysis/"]


@pytest.fixture(params=[*PAGES, "/nowhere/"])
def markup(request: pytest.FixtureRequest, staff: Client, settings: Settings) -> Markup:
    settings.DEBUG = False
    response = staff.get(request.param)
    assert response.status_code == (404 if request.param == "/nowhere/" else 200)
    return Markup(response.content.decode())


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


def test_page_can_be_skipped_to_its_content(markup: Markup) -> None:
    assert [tag for tag, attributes in markup.tags if attributes.get("id") == "main"] == ["main"]


@pytest.mark.parametrize("path", PAGES)
def test_page_says_how_to_cite_and_marks_invented_contracts(
    staff: Client, settings: Settings, tmp_path: Path, path: str
) -> None:
    settings.DATASET_ROOT = tmp_path
    assert "How to cite" not in staff.get(path).content.decode()
    publish_awards(tmp_path)
    page = staff.get(path).content.decode()
    assert "contracts awarded up to 2024-" in page
    assert "sample-band" not in page
    version = publish_awards(tmp_path, sample=True).version
    page = staff.get(path).content.decode()
    assert 'class="sample-band"' in page
    assert f"SAMPLE DATA (invented), dataset version {version}. http://testserver/" in page


@pytest.mark.parametrize("path", PAGES)
def test_page_sets_the_cookie_whose_token_its_scripts_send_back(staff: Client, path: str) -> None:
    assert staff.get(path).cookies["csrftoken"].value


@pytest.mark.parametrize("path", IN_NAVIGATION)
def test_page_marks_itself_in_the_navigation(staff: Client, path: str) -> None:
    markup = Markup(staff.get(path).content.decode())
    current = [
        attributes["href"] for _, attributes in markup.tags if attributes.get("aria-current") == "page"
    ]
    assert current == [path]


@pytest.mark.django_db
def test_page_greets_a_signed_in_user_by_escaped_name(client: Client) -> None:
    client.force_login(User.objects.create_user("ana<b>"))
    assert "ana&lt;b&gt;" in client.get("/").content.decode()


def test_first_page_makes_a_new_visitor_one_owner_of_all_that_it_asks(client: Client) -> None:
    first = client.get("/").cookies[VISITOR_COOKIE]
    assert first["httponly"]
    assert VISITOR_COOKIE not in client.get("/tasks/").cookies
    client.cookies[VISITOR_COOKIE] = "forged:1wOAAA:signature"
    assert client.get("/tasks/").cookies[VISITOR_COOKIE].value != first.value


@pytest.mark.parametrize("path", [*OPEN, "/groups/"])
def test_anonymous_visitor_is_asked_to_sign_in_where_the_setting_says_so(
    client: Client, settings: Settings, path: str
) -> None:
    assert client.get(path).status_code == 200
    settings.ANONYMOUS_ACCESS = False
    assert client.get(path)["Location"] == f"/login/?next={path}"


@pytest.mark.django_db
def test_operations_are_for_staff(client: Client) -> None:
    assert client.get("/operations/")["Location"] == "/login/?next=/operations/"
    client.force_login(User.objects.create_user("ana"))
    refused = client.get("/operations/")
    assert refused.status_code == 403
    assert "Operations are for staff" in refused.content.decode()
    assert "/operations/" not in client.get("/").content.decode()


def test_operations_link_to_the_consoles_that_are_configured(staff: Client, settings: Settings) -> None:
    assert "Flower" not in staff.get("/operations/").content.decode()
    settings.FLOWER_URL = "https://flower.example/?a=1&b=2"
    assert 'href="https://flower.example/?a=1&amp;b=2"' in staff.get("/operations/").content.decode()


def test_only_staff_see_the_table_that_chooses_a_version(client: Client, staff: Client) -> None:
    shown = [
        "versions" in Markup(who.get("/datasets/").content.decode()).values("id") for who in (client, staff)
    ]
    assert shown == [False, True]
