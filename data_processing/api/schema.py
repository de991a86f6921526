"""The OpenAPI document: what bodies and answers look like. The parser in contracts/query.py decides what is
right; tests hold this description to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from drf_spectacular import authentication
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from contracts.fields import DIMENSIONS, FIELD_BY_NAME, SORTABLE
from contracts.query import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_KEYWORD_LENGTH,
    MAX_KEYWORDS,
    MAX_NAMES,
    MAX_PAGE,
    MAX_PAGE_SIZE,
    MAX_TOP_N,
    NAME_LISTS,
)
from data_processing.api.view import ApiView
from data_processing.work.export import CSV_FORMATS, FORMATS

Schema = dict[str, Any]


def _object(properties: Mapping[str, Schema], *, required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": ["array", "null"], "items": items, **limits}


def _number(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


MISSING = "null stands for a missing name"
YEAR = _number(FIRST_YEAR, LAST_YEAR)
DAY = {"type": ["string", "null"], "format": "date"}
AMOUNT = {"type": ["string", "number", "null"], "description": "pesos, at most two decimals"}
TIME_RANGE: Schema = {
    "oneOf": [
        _object({"type": {"const": "yearly"}, "year": YEAR}, required=("type", "year")),
        _object(
            {"type": {"const": "quarterly"}, "year": YEAR, "quarter": _number(1, 4)},
            required=("type", "year", "quarter"),
        ),
        _object({"type": {"const": "custom"}, "start_date": DAY, "end_date": DAY}, required=("type",)),
        _object({"type": {"const": "undated"}}, required=("type",)),
    ]
}
FILTERS = _object(
    {
        **{
            name: _list(
                {"type": ["string", "null"], "description": "null: the name is missing"}, maxItems=MAX_NAMES
            )
            for name in NAME_LISTS
        },
        "keywords": _list(
            {"type": "string", "minLength": 1, "maxLength": MAX_KEYWORD_LENGTH}, maxItems=MAX_KEYWORDS
        ),
        "time_ranges": _list(TIME_RANGE),
        "value_range": {**_object({"min": AMOUNT, "max": AMOUNT}), "type": ["object", "null"]},
        "include_flood_control": {"type": ["boolean", "null"], "default": False},
    }
)
ROWS: Mapping[str, Schema] = {
    "filters": FILTERS,
    "columns": _list({"enum": list(FIELD_BY_NAME)}, minItems=1),
    "sort": {"enum": [*SORTABLE, *(f"-{name}" for name in SORTABLE), None], "default": "-award_date"},
}
SEARCH = _object(
    {**ROWS, "page": _number(1, MAX_PAGE), "page_size": {**_number(1, MAX_PAGE_SIZE), "default": 50}}
)
EXPORT = _object(
    {
        **ROWS,
        "format": {"enum": [*FORMATS, None], "default": "xlsx"},
        "formula_guard": {
            "type": ["boolean", "null"],
            "default": True,
            "description": "CSV only: whether text that a spreadsheet would run gets a leading apostrophe",
        },
    }
)
EXPORT["if"] = {
    "properties": {"formula_guard": {"type": "boolean"}},
    "required": ["formula_guard"],
}
EXPORT["then"] = {"properties": {"format": {"enum": list(CSV_FORMATS)}}, "required": ["format"]}
AGGREGATES = _object(
    {
        "filters": FILTERS,
        "dimensions": _list({"enum": list(DIMENSIONS)}),
        "top_n": {**_number(1, MAX_TOP_N), "default": 20},
    }
)
TASK_ID = _object({"task_id": {"type": "string", "format": "uuid"}}, required=("task_id",))
CANCEL = _object({**TASK_ID["properties"], "all": {"type": "boolean"}}, required=("task_id",))
STARTS = {
    200: "the answer was at hand, or was ready within the time of Prefer: wait",
    202: "accepted; follow links.status",
    400: "a value is wrong; errors names it",
    422: "the Idempotency-Key came with another request before",
    429: "too many unfinished tasks; come back after Retry-After seconds",
    503: "no dataset has been imported yet",
}


class SessionScheme(authentication.SessionScheme):  # type: ignore[no-untyped-call]
    target_class = "data_processing.api.authentication.SessionAuthentication"


class BasicScheme(authentication.BasicScheme):  # type: ignore[no-untyped-call]
    """For installations where BASIC_AUTH is on."""

    target_class = "data_processing.api.authentication.BasicAuthentication"


class DescribedSchema(AutoSchema):
    """Reads a view's ``body`` (JSON Schema), ``query`` (names) and ``answers`` (status -> meaning)."""

    def get_operation_id(self) -> str:
        return f"{type(self.view).__name__}{'Delete' if self.method == 'DELETE' else ''}"

    def get_request_serializer(self) -> Any:
        body = getattr(self.view, "body", None)
        return {"application/json": body} if body is not None and self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        answers = getattr(self.view, "answers", {200: "the answer"})
        return {
            status: OpenApiResponse(OpenApiTypes.OBJECT, description=meaning)
            for status, meaning in answers.items()
        }

    def get_override_parameters(self) -> list[Any]:
        return [
            OpenApiParameter(
                parameter.name,
                parameter.describe(),
                required=parameter.required,
                description=parameter.meaning,
                default=parameter.default,
            )
            for parameter in cast(ApiView, self.view).query
        ]
