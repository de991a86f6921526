"""The names that people pick from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.requests.parameters import Text
from compat.bodies import NAME_LISTS
from compat.contracts import list_years
from compat.view import OldView
from contracts.engine.names import Suggestion
from data_processing import datasets

# As many as are looked through for a whole word, too.
MOST_NAMES = 1000
USUAL_PAGE = 20


class FilterOptions(OldView):
    """All names, and the years of award."""

    def get(self, request: Request) -> HttpResponse:
        options = _render_options(datasets.current_snapshot().version)
        return HttpResponse(options, content_type="application/json")


# Some megabytes, the same for everybody while the dataset is.
@lru_cache(maxsize=1)
def _render_options(version: str) -> bytes:
    with datasets.open_store(version).reader() as reader:
        options: dict[str, Any] = {
            name: reader.list_names(name, include_flood_control=True) for name in NAME_LISTS
        }
        options["years"] = list_years(reader)
    rendered: bytes = JSONRenderer().render(options)
    return rendered


class Picker(OldView):
    """Names that hold what was typed (``search``), or hold it as whole words (``word``), a page of them."""

    query = (
        Text(name="search", at_most=200, default=""),
        Text(name="word", at_most=200, default=""),
        Text(name="page", default=""),
        Text(name="page_size", default=""),
    )
    field: ClassVar[str]

    def get(self, request: Request) -> Response:
        word = self.asked["word"].strip()
        with datasets.current_store().reader() as reader:
            typed = word or self.asked["search"].strip()
            matches = reader.suggest(self.field, typed, MOST_NAMES, include_flood_control=True)
        found = [one for one in matches.best if not word or _holds_word(one.label, word)]
        size = min(_read_count(self.asked["page_size"], USUAL_PAGE), MOST_NAMES)
        first = (_read_count(self.asked["page"], 1) - 1) * size
        rows = [_shape(place, one) for place, one in enumerate(found[first : first + size], start=first + 1)]
        count = len(found) if word else matches.names
        return Response({"count": count, "next": None, "previous": None, "results": rows})


def _shape(place: int, found: Suggestion) -> dict[str, Any]:
    return {
        "id": place,
        "name": found.label,
        "contract_count": found.count,
        "total_contract_value": float(found.total_value),
    }


def _holds_word(label: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", label, re.IGNORECASE) is not None


def _read_count(text: str, usual: int) -> int:
    # As there: what is no number is as if it were not given.
    digits = text.isascii() and text.isdigit() and len(text) < 10
    return max(1, int(text)) if digits else usual


def _make_picker(field: str) -> type[Picker]:
    return type(f"Pick{field.title().replace('_', '')}", (Picker,), {"field": field})


PICKERS: Mapping[str, type[Picker]] = {
    "contractors": _make_picker("contractors"),
    "organizations": _make_picker("organizations"),
    "business-categories": _make_picker("business_categories"),
    "areas-of-delivery": _make_picker("areas"),
}
"""Path -> the endpoint of these names."""
