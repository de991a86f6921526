"""The dated limits of the law, with their sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from api.document.shapes import Day
from api.requests.parameters import Choice, DayOf, Text, Whole
from api.view import Answer, ApiView
from contracts.fields import Also, Pesos
from contracts.law.buyers import BUYERS, tell_buyer
from contracts.law.limits import CERTAINTIES, LIMITS, MODES, Limit
from contracts.law.lookup import CAUTION, Held, find_limits

MAX_NAME = 200
Buyer = Annotated[str, Also(enum=list(BUYERS))]

ASKED = (
    DayOf(name="date", meaning="limits that held on this day, which is that of the notice"),
    Choice(name="buyer", meaning="limits of this kind of buyer", choices=tuple(BUYERS)),
    Text(name="organization", meaning="limits of the kind that this name tells", at_most=MAX_NAME),
    Whole(name="class", meaning="limits of this income class of a local government", low=1, high=6),
    Choice(name="mode", meaning="limits of this mode", choices=tuple(MODES)),
)


# By a call, because ``from`` and ``class`` are keywords.
LegalLimit = TypedDict(
    "LegalLimit",
    {
        "from": Day,
        "to": Day | None,
        "law": str,
        "section": str,
        "mode": Annotated[str, Also(enum=list(MODES))],
        "mode_in_words": str,
        "buyer": Annotated[Buyer | None, Also(description="null: every kind of buyer")],
        "class": Annotated[int | None, Also(description="income class; null: every class")],
        "purchase": Annotated[
            Literal["goods", "works", "consulting"] | None, Also(description="null: of everything")
        ],
        "amount": Annotated[Pesos | None, Also(description="null: not found in a primary text")],
        "source": str,
        "checked_on": Day,
        "certainty": Annotated[str, Also(enum=list(CERTAINTIES))],
    },
)


class LegalLimits(TypedDict):
    """The rows that agree with what was asked, and the amounts that are possible by them. ``unknown``: a
    limit held, or may have, that was not found. ``buyer`` is the kind that was asked for or that the name
    tells."""

    buyer: Buyer | None
    possible: list[Pesos]
    unknown: bool
    limits: list[LegalLimit]
    caution: str


class LegalLimitList(ApiView):
    """The limits of procurement modes by day of the notice, kind of buyer and income class, each with its law
    and source. Without a class, those of every class are possible."""

    query = ASKED
    answers: ClassVar = {"GET": {200: Answer(meaning="the limits", shape=LegalLimits)}}

    def get(self, request: Request) -> Response:
        buyer, held = find_held(self.asked)
        body: LegalLimits = {
            "buyer": buyer,
            "possible": [f"{amount:.2f}" for amount in held.possible],
            "unknown": held.unknown,
            "limits": [_represent(row) for row in held.rows],
            "caution": CAUTION,
        }
        return Response(body)


def find_held(asked: Mapping[str, Any]) -> tuple[str | None, Held]:
    """The kind of buyer that ASKED speaks of, and what held of it; nothing asked is the whole table."""
    buyer = asked["buyer"] or (tell_buyer(asked["organization"]) if asked["organization"] else None)
    held = find_limits(day=asked["date"], buyer=buyer, income_class=asked["class"], mode=asked["mode"])
    return buyer, held


def list_laws() -> list[str]:
    """The laws of the table, the oldest first."""
    return list(dict.fromkeys(row.law for row in LIMITS))


def _represent(row: Limit) -> LegalLimit:
    return {
        "from": row.start.isoformat(),
        "to": None if row.end is None else row.end.isoformat(),
        "law": row.law,
        "section": row.section,
        "mode": row.mode,
        "mode_in_words": MODES[row.mode],
        "buyer": row.buyer,
        "class": row.income_class,
        "purchase": row.purchase,  # type: ignore[typeddict-item]  # of a few words
        "amount": None if row.amount is None else f"{row.amount:.2f}",
        "source": row.source,
        "checked_on": row.checked.isoformat(),
        "certainty": row.certainty,
    }
