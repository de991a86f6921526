"""The legal limits as a page: which held on a day, for whom, and where that is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from api.views.oversight.limits import ASKED, find_held, list_laws
from contracts.errors import InvalidQuery
from contracts.law.buyers import BUYERS
from contracts.law.limits import CERTAINTIES, CHECKED, MODES, SURE, Limit
from contracts.law.lookup import CAUTION
from web.pages.public import PublicPage, explain

CLASSES = tuple(map(str, range(1, 7)))
WORDS = {"national": "National", None: "All buyers"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: a limit, or those of several income classes that are the same."""

    limit: Limit
    buyer: str
    classes: str
    remark: str


class LimitsPage(PublicPage):
    """The table of limits, whole or as of a day."""

    template_name = "web/limits.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            asked = {
                one.name: one.read(text, f"/{one.name}") if (text := request.GET.get(one.name)) else None
                for one in ASKED
            }
        except InvalidQuery as error:
            return explain(request, 400, "This address cannot be read", f"{error}.")
        return self.render_to_response(self.get_context_data(asked=asked))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = kwargs["asked"]
        buyer, held = find_held(asked)
        return super().get_context_data(
            told=buyer if asked["organization"] else None,
            buyer=buyer,
            held=held,
            groups=[
                (
                    MODES[mode],
                    [_show(limits) for limits in _join([one for one in held.rows if one.mode == mode])],
                )
                for mode in MODES
                if any(one.mode == mode for one in held.rows)
            ],
            buyers=BUYERS,
            modes=MODES,
            classes=CLASSES,
            laws=list_laws(),
            checked=CHECKED,
            caution=CAUTION,
            query=self.request.GET.urlencode(),
            **kwargs,
        )


def _join(limits: list[Limit]) -> Iterator[list[Limit]]:
    """The limits in their order, those of neighbouring classes with the same amount as one."""
    run: list[Limit] = []
    for limit in limits:
        if run and not _is_alike(run[-1], limit):
            yield run
            run = []
        run.append(limit)
    if run:
        yield run


def _is_alike(one: Limit, other: Limit) -> bool:
    return (one.start, one.buyer, one.amount) == (other.start, other.buyer, other.amount) and (
        one.income_class is not None and other.income_class is not None
    )


def _show(limits: list[Limit]) -> Row:
    first, last = limits[0], limits[-1]
    whole = "all" if first.income_class is None else str(first.income_class)
    return Row(
        limit=first,
        buyer=WORDS.get(first.buyer, (first.buyer or "").capitalize()),
        classes=whole if first == last else f"{first.income_class} to {last.income_class}",
        remark="" if first.certainty == SURE else CERTAINTIES[first.certainty].capitalize() + ".",
    )
