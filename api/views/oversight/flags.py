"""The red flags: what each asks, by which formula and source, and what to beware of."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from api.view import Answer, ApiView
from contracts.fields import Also, FieldType
from contracts.flags.flag import VERDICT, Flag
from contracts.flags.registry import FLAGS


class ListedThreshold(TypedDict):
    """A number by which a flag decides."""

    name: str
    value: float
    meaning: str


class ListedFigure(TypedDict):
    """A figure of each case of a flag."""

    name: str
    label: str
    type: Annotated[str, Also(enum=[one.value for one in FieldType])]


class ListedFlag(TypedDict):
    """A flag. ``fields`` are the columns that it reads; ``of_contracts``: each of its cases is one contract,
    otherwise a case is of the names ``keys``."""

    code: Annotated[str, Also(enum=list(FLAGS))]
    title: str
    question: str
    formula: str
    source: str
    caution: str
    fields: list[str]
    thresholds: list[ListedThreshold]
    figures: list[ListedFigure]
    keys: list[str]
    of_contracts: bool


class ListedFlags(TypedDict):
    """All flags. ``caution`` goes with all that is shown of them."""

    flags: list[ListedFlag]
    caution: str


class FlagList(ApiView):
    """The red flags with question, formula, source, thresholds and caution. A task judges contracts by them:
    POST tasks/flags/."""

    answers: ClassVar[Any] = {"GET": {200: Answer(meaning="the flags", shape=ListedFlags)}}

    def get(self, request: Request) -> Response:
        body: ListedFlags = {"flags": [represent_flag(flag) for flag in FLAGS.values()], "caution": VERDICT}
        return Response(body)


def represent_flag(flag: Flag) -> ListedFlag:
    return {
        "code": flag.code,
        "title": flag.title,
        "question": flag.question,
        "formula": flag.formula,
        "source": flag.source,
        "caution": flag.caution,
        "fields": list(flag.fields),
        "thresholds": [
            {"name": one.name, "value": one.value, "meaning": one.meaning} for one in flag.thresholds
        ],
        "figures": [{"name": one.name, "label": one.label, "type": one.type.value} for one in flag.figures],
        "keys": list(flag.keys),
        "of_contracts": flag.of_contracts,
    }
