"""Search engines are told every address, and none that does not answer."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.directories import Wanted
from contracts.questions.entities.kinds import KINDS
from data_processing import datasets
from web.pages import sitemaps

pytestmark = pytest.mark.usefixtures("dataset", "db")
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def list_places(client: Client, address: str) -> list[str]:
    """The addresses that a sitemap or the index names."""
    parts = urlsplit(address)
    response = client.get(f"{parts.path}?{parts.query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(response.content)
    assert root.tag in (f"{NAMESPACE}sitemapindex", f"{NAMESPACE}urlset")
    assert all(entry.find(f"{NAMESPACE}lastmod") is not None for entry in root)
    return [place.text or "" for place in root.iter(f"{NAMESPACE}loc")]


def test_sitemap_is_complete_and_every_address_answers(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that kinds of two names have two pages.
    monkeypatch.setattr(sitemaps._OfDataset, "limit", 1)
    named = [
        place for section in list_places(client, "/sitemap.xml") for place in list_places(client, section)
    ]
    assert len(named) == len(set(named))
    paths = {f"{urlsplit(place).path}?{urlsplit(place).query}".rstrip("?") for place in named}
    with datasets.current_store().reader() as reader:
        names = {
            f"/{kind.name}/{make_slug(one['name'])}/"
            for kind in KINDS.values()
            for one in reader.entities.list_whole(kind, Wanted())
        }
    assert names | {"/", "/help/", "/datasets/", "/areas/", "/areas/?letter=d"} <= paths
    # Six letters begin a name: P and S of contractors, C of organizations, D of areas, C and F of categories.
    assert len(paths) == len(names) + 3 + len(KINDS) + 6
    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_page_of_a_sitemap_that_is_not_there_is_a_404(client: Client) -> None:
    assert client.get("/sitemap-planets.xml").status_code == 404
    assert client.get("/sitemap-contractors.xml?p=9").status_code == 404


def test_robots_are_told_where_the_sitemap_is_and_what_to_leave_alone(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /api/v1/" in lines
    assert lines[-1] == "Sitemap: http://testserver/sitemap.xml"


def test_robots_are_kept_out_where_people_have_to_sign_in(client: Client, settings: Settings) -> None:
    settings.ANONYMOUS_ACCESS = False
    response = client.get("/robots.txt")
    assert (response["Content-Type"], response.content) == (
        "text/plain; charset=utf-8",
        b"User-agent: *\nDisallow: /\n",
    )
    assert client.get("/sitemap.xml").status_code == 302
