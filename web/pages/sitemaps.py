"""What search engines are told of the site: which addresses there are, and which to leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from api.views.entities import open_entities
from contracts.engine.entities.answers import NamedEntity
from contracts.engine.entities.directory import Listing
from contracts.questions.entities.directories import Wanted
from contracts.questions.entities.kinds import KINDS, EntityKind
from data_processing import datasets
from web.pages.entities import list_query
from web.pages.public import PublicPage

# The protocol allows 50,000, which take the server seconds.
URLS_OF_A_PAGE = 10_000
LEFT_ALONE = (
    *("/api/v1/", "/admin/", "/operations/", "/tasks/", "/login/", "/entity/", "/saved/", "/unsubscribe/"),
    *("/?", "/*?q=", "/*.csv", "/*.json"),
)
"""Paths that no search engine need read: for staff, of one visitor, or the same as elsewhere."""


class _OfDataset(Sitemap[Any]):
    limit = URLS_OF_A_PAGE

    # No method: Django would call that for each address to find the latest.
    @property
    def lastmod(self) -> datetime:
        return datasets.current_snapshot().manifest().created_at


class Pages(_OfDataset):
    """The pages that there is one of, and the directories by letters."""

    def items(self) -> Sequence[str]:
        single = [reverse(name) for name in ("explorer", "datasets", "help")]
        return [*single, *(path for kind in KINDS.values() for path in _list_directories(kind))]

    def location(self, item: str) -> str:
        return item


class Names(_OfDataset):
    """The pages of all names of a kind."""

    def __init__(self, kind: EntityKind) -> None:
        self._kind = kind
        self._folder = reverse("entities", args=[kind])

    def items(self) -> Listing:
        with open_entities() as entities:
            return entities.list_whole(self._kind, Wanted())

    def location(self, item: NamedEntity) -> str:
        # Not by reverse, which takes longer than all else of an address.
        return f"{self._folder}{item['slug']}/"


def _list_directories(kind: EntityKind) -> list[str]:
    with open_entities() as entities:
        letters = entities.list(kind, Wanted())["letters"]
    folder = reverse("entities", args=[kind])
    return [folder, *(folder + list_query(letter=of["letter"]) for of in letters if of["names"])]


def make_sitemaps() -> dict[str, type[Sitemap[Any]] | Sitemap[Any]]:
    """Section -> its addresses."""
    return {"pages": Pages(), **{kind.name: Names(kind) for kind in KINDS.values()}}


class SitemapIndex(PublicPage):
    """The sections and their pages."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return views.index(request, make_sitemaps(), sitemap_url_name="sitemap")


class SitemapSection(PublicPage):
    """A page of addresses of a section."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return views.sitemap(request, make_sitemaps(), kwargs["section"])


def robots(request: HttpRequest) -> HttpResponse:
    """Which paths search engines may read: none where people have to sign in."""
    if settings.ANONYMOUS_ACCESS:
        rules = [f"Disallow: {path}" for path in LEFT_ALONE]
        rules.append(f"Sitemap: {request.build_absolute_uri(reverse('sitemap-index'))}")
    else:
        rules = ["Disallow: /"]
    return HttpResponse("\n".join(["User-agent: *", *rules, ""]), content_type="text/plain; charset=utf-8")
