"""Cursor pages of rows, newest first."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from django.db.models import Model, QuerySet
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.requests.parameters import Parameter, Whole
from api.view import ApiView
from contracts.errors import InvalidQuery
from contracts.questions.model import Schema

Row = TypeVar("Row", bound=Model)

# As DRF writes the time of a row into a cursor: by str(), of what Django gives in UTC.
POSITION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?\+00:00")
OFFSET = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, kw_only=True)
class PageCursor(Parameter):
    """Where a page begins, as DRF writes it: an offset, a direction and the time of a row."""

    def read(self, text: str, pointer: str) -> Cursor:
        # DRF's own reader takes any text for the position, which then goes into a statement.
        try:
            tokens = dict(parse_qsl(b64decode(text, validate=True).decode("ascii"), strict_parsing=True))
        except ValueError:
            tokens = {"": ""}
        offset, reverse = tokens.pop("o", "0"), tokens.pop("r", "0")
        position: Any = tokens.pop("p", None)
        known = (
            OFFSET.fullmatch(offset) and reverse in ("0", "1") and (position is None or _is_time(position))
        )
        if tokens or not known:
            raise InvalidQuery(pointer, "is not a cursor from next or previous of a page")
        return Cursor(offset=int(offset), reverse=reverse == "1", position=position)

    def describe(self) -> Schema:
        return {"type": "string"}


PAGED: Sequence[Parameter] = (
    PageCursor(name="cursor", meaning="where the page begins, from next or previous of another one"),
    Whole(name="page_size", meaning="how many entries a page has at most", low=1, high=200, default=50),
)
"""The query parameters of a view that answers with pages."""


class NewestFirst(CursorPagination):
    """Pages of rows that have ``created_at``, newest first. The parameters PAGED of the view say which."""

    # The key decides between rows of the same moment, of which a page would else leave one out.
    ordering = ("-created_at", "pk")

    def __init__(self, view: ApiView) -> None:
        self._cursor = view.asked["cursor"]
        self._size = view.asked["page_size"]

    def decode_cursor(self, request: Request) -> Cursor | None:
        return self._cursor  # type: ignore[no-any-return]

    def get_page_size(self, request: Request) -> int:
        return self._size  # type: ignore[no-any-return]


def answer_page(
    view: ApiView, rows: QuerySet[Row], represent: Callable[[Sequence[Row]], Sequence[Mapping[str, object]]]
) -> Response:
    """The page of ``rows`` that the request to ``view`` asks for."""
    pages = NewestFirst(view)
    page = pages.paginate_queryset(rows, view.request, view=view)
    return pages.get_paginated_response(represent(page or ()))


def _is_time(text: str) -> bool:
    if not POSITION.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
