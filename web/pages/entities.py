"""The pages of names: one for each contractor, organization, area and category, and their directories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from api.views.entities import LISTED, open_entities
from contracts.engine.entities.answers import Directory, Entity, Partner, Partners
from contracts.errors import InvalidQuery, UnknownEntity
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.directories import Wanted
from contracts.questions.entities.kinds import KINDS, EntityKind
from web.pages.files import DIRECTORY_FIELDS, ENTITY_FIELDS, answer_csv, list_entity_rows, list_name_rows
from web.pages.links import explore, list_kept, write_exceptions
from web.pages.months import draw_months
from web.pages.public import PublicPage, explain
from web.pages.structured import write_structured

SORTS_OF_THING: Mapping[str, str] = {
    "contractor": "Organization",
    "organization": "GovernmentOrganization",
    "area": "AdministrativeArea",
}
"""Word of a kind -> what schema.org calls one of it; a category is nothing there."""


class KindConverter:
    """The name of a kind in a path."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> EntityKind:
        return KINDS[value]

    def to_url(self, value: str | EntityKind) -> str:
        return value.name if isinstance(value, EntityKind) else value


class EntityPage(PublicPage):
    """One name at a glance."""

    template_name = "web/entity.html"
    path_name: ClassVar[str] = "entity"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind, slug = kwargs["kind"], kwargs["slug"]
        try:
            with open_entities() as entities:
                entity = entities.describe(kind, slug)
        except UnknownEntity:
            return explain_unknown(request, kind)
        # One address for each name: search engines take several for as many pages.
        if entity["slug"] != slug:
            return HttpResponsePermanentRedirect(reverse(self.path_name, args=[kind, entity["slug"]]))
        return self.answer(kind, entity)

    def answer(self, kind: EntityKind, entity: Entity) -> HttpResponse:
        return self.render_to_response(self.get_context_data(kind=kind, entity=entity))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind, entity = kwargs["kind"], kwargs["entity"]
        context = super().get_context_data(**kwargs)
        spellings = [one["name"] for one in entity["spellings"]]
        return {
            **context,
            "partners": [_list_partners(kind, entity, one) for one in entity["partners"]],
            "largest_kind": KINDS[entity["largest_partner"]["kind"]] if entity["largest_partner"] else None,
            "chart": draw_months(entity["by_month"]),
            "explore": explore(kind, entity["name"]),
            "groups": list_kept(self.request, kind, entity["name"]),
            "explore_all": explore(kind, entity["name"], *spellings) if spellings else None,
            "structured": _describe_thing(kind, entity, context["canonical"]),
        }


def _list_partners(
    kind: EntityKind, entity: Entity, shown: Partners
) -> tuple[EntityKind, Sequence[Partner], str]:
    """Their kind, they, and the address of the contracts with all others."""
    other = KINDS[shown["kind"]]
    named = [part["label"] for part in shown["parts"] if not part.get("others")]
    return other, shown["parts"], f"{explore(kind, entity['name'])}&{write_exceptions(other, named)}"


class EntityCsv(EntityPage):
    """The figures of the page, a line for each."""

    path_name = "entity-csv"

    def answer(self, kind: EntityKind, entity: Entity) -> HttpResponse:
        return answer_csv(f"{entity['slug']}.csv", ENTITY_FIELDS, list_entity_rows(entity))


class DirectoryPage(PublicPage):
    """The names of a kind, a hundred on a page."""

    template_name = "web/directory.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            wanted = _read_wanted(request)
        except InvalidQuery as error:
            return explain(request, 400, "This address cannot be read", f"{error}.")
        return self.answer(kwargs["kind"], wanted)

    def answer(self, kind: EntityKind, wanted: Wanted) -> HttpResponse:
        with open_entities() as entities:
            directory = entities.list(kind, wanted)
        if wanted.page > directory["pages"]:
            words = f"There are {directory['pages']} pages of these names."
            return explain(self.request, 404, "There is no such page", words)
        return self.render_to_response(self.get_context_data(kind=kind, wanted=wanted, directory=directory))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        directory: Directory = kwargs["directory"]
        context = super().get_context_data(**kwargs)
        page, letter, typed = directory["page"], directory["letter"], directory["q"]
        return {
            **context,
            "kinds": KINDS.values(),
            # What somebody typed makes no page of its own.
            "canonical": context["canonical"] + ("" if typed else list_query(letter=letter, page=page)),
            "all_letters": list_query(q=typed) or "?",
            "letters": [
                (of["letter"].upper(), of["names"], list_query(q=typed, letter=of["letter"]))
                for of in directory["letters"]
            ],
            "before": list_query(q=typed, letter=letter, page=page - 1) or "?",
            "after": list_query(q=typed, letter=letter, page=page + 1),
            "whole": list_query(q=typed, letter=letter),
        }


class DirectoryCsv(DirectoryPage):
    """All names that are on any page."""

    def answer(self, kind: EntityKind, wanted: Wanted) -> HttpResponse:
        with open_entities() as entities:
            names = entities.list_whole(kind, wanted)[:]
        return answer_csv(f"{kind.name}.csv", DIRECTORY_FIELDS, list_name_rows(names))


class ByName(PublicPage):
    """Leads from an exact name to its page: ``?contractor=...``, as the explorer's own addresses say it.

    Its scripts need not know then how addresses of names are made.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        for kind in KINDS.values():
            if name := request.GET.get(kind.exact.word):
                return HttpResponseRedirect(reverse("entity", args=[kind, make_slug(name)]))
        words = ", ".join(kind.exact.word for kind in KINDS.values())
        return explain(request, 400, "This address names nobody", f"It needs one of: {words}.")


def list_query(*, q: str = "", letter: str | None = None, page: int = 1) -> str:
    """The query string of a page of a directory; only what differs from its first page."""
    asked = {"q": q, "letter": letter, "page": page if page > 1 else None}
    given = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(given)}" if given else ""


def _read_wanted(request: HttpRequest) -> Wanted:
    """What the query string asks for. Raises InvalidQuery."""
    # Others are ignored, as links that people share carry what trackers add.
    given: dict[str, Any] = {
        parameter.name: parameter.read(text, f"/{parameter.name}")
        for parameter in LISTED
        if (text := request.GET.get(parameter.name))
    }
    return Wanted(**given)


def explain_unknown(request: HttpRequest, kind: EntityKind) -> HttpResponse:
    """The page that says that no name is at the address."""
    word = kind.exact.words
    return explain(
        request,
        404,
        f"There is no {word} at this address",
        f"The current dataset has no {word} with this address: the link may be mistyped, or the name is"
        " spelled in another way by now.",
    )


def _describe_thing(kind: EntityKind, entity: Entity, address: str) -> SafeString | None:
    sort = SORTS_OF_THING.get(kind.exact.word)
    return write_structured({"@type": sort, "name": entity["name"], "url": address}) if sort else None
