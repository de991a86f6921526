"""The page of names that may be the same as one: proposals with what speaks for them, never merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse

from api.views.entities import open_entities
from contracts.engine.entities.alike import Evidence, Reason
from contracts.errors import UnknownEntity
from web.pages.entities import explain_unknown
from web.pages.links import explore, list_kept
from web.pages.public import PublicPage

WORDS: Mapping[Reason, str] = {
    "misspelled": "“{there}” may be a slip for “{here}”, or the other way round",
    "abbreviated": "“{here}” and “{there}” are one word, shortened",
    "order": "the same words in another order",
    "cut": "one is the other, cut off at 60 characters as the source cuts names",
    "former": "one tells the other as a former name",
}
"""What speaks for two names being the same, for people."""


class AlikePage(PublicPage):
    """The names that may be the same as the one at an address."""

    template_name = "web/alike.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind, slug = kwargs["kind"], kwargs["slug"]
        try:
            with open_entities() as entities:
                found = entities.list_alike(kind, slug)
        except UnknownEntity:
            return explain_unknown(request, kind)
        if found["slug"] != slug:
            return HttpResponsePermanentRedirect(reverse("entity-alike-page", args=[kind, found["slug"]]))
        proposals = [(one, [_say(evidence) for evidence in one["evidence"]]) for one in found["alike"]]
        names = [one["name"] for one in (*found["spellings"], *found["alike"])]
        context = self.get_context_data(
            kind=kind,
            found=found,
            proposals=proposals,
            groups=list_kept(request, kind, found["name"]),
            explore_all=explore(kind, found["name"], *names) if names else None,
        )
        return self.render_to_response(context)


def _say(evidence: Evidence) -> str:
    return WORDS[evidence["reason"]].format(here=evidence["here"], there=evidence["there"])
