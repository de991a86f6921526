"""The explorer without JavaScript: a form and a table, at the explorer's own parameters (view.js)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from contracts.engine.records.record import TOLD
from contracts.engine.records.shown import show_contract
from contracts.engine.store import Reader, Totals
from contracts.errors import InvalidQuery
from contracts.questions.filters import EXACT, EXCEPTIONS
from contracts.questions.query import PagedQuery
from data_processing import datasets
from web.pages.public import PublicPage

_LISTS = {
    **{name: exact.word for name, exact in EXACT.items()},
    **{name: f"except_{exact.word}" for name, exact in EXCEPTIONS.items()},
}
_OTHERS = {"places": "place", "numbers": "number", "repaired_fields": "repaired", "keywords": "q"}
BOXES = (
    ("text", "Words in titles, names, areas and numbers"),
    ("contractor_contains", "Contractor's name has"),
    ("organization_contains", "Organization's name has"),
    ("place", "Province or region"),
    ("year", "Year of award"),
    ("from", "Awarded from (2024-01-31)"),
    ("to", "Awarded until"),
    ("min", "Pesos from"),
    ("max", "Pesos to"),
)
"""What the form asks for, by parameter; whatever else an address says is kept."""
SOURCES = (
    ("", "Award notices of PhilGEPS"),
    ("1", "These and the flood-control list"),
    ("only", "Flood-control projects only"),
)
SORTS = (("-award_date", "Newest first"), ("-contract_amount", "Greatest amount first"))


class SearchPage(PublicPage):
    """Contracts that the filters of the address mean, fifty on a page."""

    template_name = "web/search.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            asked = PagedQuery.from_json(read_question(request.GET))
        except InvalidQuery as error:
            # Without the pointer, which is for programs.
            context = self.get_context_data(trouble=error.message)
            return self.render_to_response(context, status=400)
        with datasets.current_store().reader() as reader:
            return self.render_to_response(self.get_context_data(**_answer(asked, reader)))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = self.request.GET
        asked = {name for name, _ in BOXES} | {"flood", "sort", "page"}
        page = kwargs.get("page", 1)
        return super().get_context_data(
            boxes=[(name, label, given.get(name, "")) for name, label in BOXES],
            kept=[(name, value) for name in given if name not in asked for value in given.getlist(name)],
            sources=SOURCES,
            source=given.get("flood", ""),
            sorts=SORTS,
            sort=given.get("sort", SORTS[0][0]),
            before=_turn(given, page - 1),
            after=_turn(given, page + 1),
            first=_turn(given, 1),
            **kwargs,
        )


def _answer(asked: PagedQuery, reader: Reader) -> Mapping[str, Any]:
    totals: Totals = reader.count(asked.filters)
    rows = reader.search(asked.model_copy(update={"columns": TOLD}), asked.wanted)
    return {
        "totals": totals,
        "rows": [show_contract(row) for row in rows],
        "words": asked.filters.describe(),
        "unknown": reader.remark(asked.filters)["unknown_names"],
        "page": asked.page,
        "pages": -(-totals.rows // asked.page_size),
        "first_row": asked.wanted.offset + 1,
        "last_row": asked.wanted.offset + len(rows),
    }


def read_question(given: QueryDict) -> dict[str, Any]:
    """The request of the API that an address of the explorer means, to be checked as the API does it."""
    filters: dict[str, Any] = {
        name: [value or None for value in given.getlist(word)]
        + [{"contains": text} for text in given.getlist(f"{word}_contains") if text.strip()]
        for name, word in _LISTS.items()
    }
    filters |= {name: list(filter(None, given.getlist(word))) for name, word in _OTHERS.items()}
    times = _read_times(given)
    flood = given.get("flood")
    filters |= {
        "text": (given.get("text") or "").strip() or None,
        "time_ranges": times[0] if times else [],
        "also_within": times[1:],
        "value_range": {end: given.get(end) or None for end in ("min", "max")},
        "implausible": given.get("implausible") or None,
        "include_flood_control": flood == "1",
        "flood_control_only": flood == "only",
    }
    page = given.get("page") or "1"
    return {
        "filters": filters,
        "sort": given.get("sort") or None,
        "page": int(page) if re.fullmatch(r"[0-9]{1,9}", page) else page,
    }


def _read_times(given: QueryDict) -> list[list[Mapping[str, Any]]]:
    """Lists of time ranges that narrow each other; contracts without a day come to each of them."""
    ends = {"start_date": given.get("from") or None, "end_date": given.get("to") or None}
    lists: list[list[Mapping[str, Any]]] = [
        [{"type": "yearly", "year": _number(year)} for year in given.getlist("year") if year],
        [
            {"type": "quarterly", "year": _number(year), "quarter": _number(quarter)}
            for year, _, quarter in (text.partition("-Q") for text in given.getlist("quarter"))
        ],
        [{"type": "custom", **_days_of(month)} for month in given.getlist("month")],
        [{"type": "custom", **ends}] if any(ends.values()) else [],
    ]
    used = [some for some in lists if some]
    if given.get("undated") == "1":
        return [[*some, {"type": "undated"}] for some in used or [[]]]
    return used


def _days_of(month: str) -> Mapping[str, str]:
    """The first and the last day of "2024-02"; what is no month is left to be refused."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return {"start_date": month, "end_date": month}
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return {"start_date": str(first), "end_date": str(last)}


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def _turn(given: QueryDict, page: int) -> str:
    """The query string of another page of the same rows."""
    turned = given.copy()
    turned["page"] = str(page)
    return f"?{turned.urlencode()}"
