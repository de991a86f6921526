"""JSON Schemas of request bodies. The parsers decide what is right: what a schema refuses, its parser refuses
too. What no schema can say is listed beside the test that holds the two together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.requests.parameters import Schema
from contracts.fields import DIMENSIONS, FIELD_BY_NAME, REPAIRABLE, SORTABLE
from contracts.questions.query import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_AMOUNT,
    MAX_KEYWORD_LENGTH,
    MAX_KEYWORDS,
    MAX_NAME_LENGTH,
    MAX_NAMES,
    MAX_PAGE,
    MAX_PAGE_SIZE,
    MAX_RANGES,
    MAX_TOP_N,
    NAME_LISTS,
    PLAIN_AMOUNT,
    RANGE_MEMBERS,
)
from data_processing.kinds.export import CSV_FORMATS, FORMATS
from data_processing.kinds.rehearsal import FATES, MAX_NUMBER, MAX_STEPS

MAX_LETTERS = 1000
LARGEST_ID = 2**63 - 1


def _object(properties: Mapping[str, Schema], *, required: Sequence[str] = ()) -> Schema:
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


def _optional(schema: Schema, **more: Any) -> Schema:
    """Takes null as well, which everywhere stands for what is not given."""
    return {**schema, "type": [schema["type"], "null"], **more}


def _words(names: Sequence[str], **more: Any) -> Schema:
    return {"type": ["string", "null"], "enum": [*names, None], **more}


def _time_range(kind: str, properties: Mapping[str, Schema], *, required: Sequence[str] = ()) -> Schema:
    members = {member for others in RANGE_MEMBERS.values() for member in others}
    foreign = {member: {"type": "null"} for member in sorted(members - properties.keys())}
    return _object({"type": {"const": kind}, **properties, **foreign}, required=["type", *required])


YEAR = _number(FIRST_YEAR, LAST_YEAR)
DAY: Schema = {
    "type": "string",
    "format": "date",
    "description": f"from {FIRST_YEAR} to {LAST_YEAR}",
    "pattern": "^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$",
}
ONE_DAY = [{"properties": {name: DAY}, "required": [name]} for name in RANGE_MEMBERS["custom"]]
TIME_RANGE: Schema = {
    "oneOf": [
        _time_range("yearly", {"year": YEAR}, required=["year"]),
        _time_range("quarterly", {"year": YEAR, "quarter": _number(1, 4)}, required=["year", "quarter"]),
        {**_time_range("custom", dict.fromkeys(RANGE_MEMBERS["custom"], _optional(DAY))), "anyOf": ONE_DAY},
        _time_range("undated", {}),
    ]
}
AMOUNT: Schema = {
    "description": f"pesos from 0 to {MAX_AMOUNT}, at most two decimals; as text they are exact",
    "anyOf": [
        {"type": "string", "pattern": rf"^\s*{PLAIN_AMOUNT.pattern}\s*$"},
        {"type": "number", "minimum": 0, "maximum": int(MAX_AMOUNT)},
        {"type": "null"},
    ],
}
NAME: Schema = {
    "type": ["string", "null"],
    "description": "null: the name is missing",
    "maxLength": MAX_NAME_LENGTH,
    "pattern": r"^[^\u0000]*$",
}
KEYWORD: Schema = {
    "type": "string",
    "description": "phrases, joined by && where all must be found",
    "maxLength": MAX_KEYWORD_LENGTH,
    # At least one character that is seen.
    "pattern": r"^[^\u0000]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000]*$",
}
FILTERS = _object(
    {
        **{name: _list(NAME, maxItems=MAX_NAMES) for name in NAME_LISTS},
        "keywords": _list(KEYWORD, maxItems=MAX_KEYWORDS),
        "time_ranges": _list(TIME_RANGE, maxItems=MAX_RANGES),
        "value_range": _optional(_object({"min": AMOUNT, "max": AMOUNT})),
        "repaired_fields": _list({"enum": list(REPAIRABLE)}, maxItems=len(REPAIRABLE)),
        "include_flood_control": {"type": ["boolean", "null"], "default": False},
    }
)
ROWS: Mapping[str, Schema] = {
    "filters": _optional(FILTERS),
    "columns": {
        **_list({"enum": list(FIELD_BY_NAME)}, minItems=1, maxItems=len(FIELD_BY_NAME)),
        "uniqueItems": True,
    },
    "sort": _words([*SORTABLE, *(f"-{name}" for name in SORTABLE)], default="-award_date"),
}
SEARCH = _object(
    {
        **ROWS,
        "page": _optional(_number(1, MAX_PAGE), default=1),
        "page_size": _optional(_number(1, MAX_PAGE_SIZE), default=50),
    }
)
EXPORT = {
    **_object(
        {
            **ROWS,
            "format": _words(FORMATS, default="xlsx"),
            "formula_guard": {
                "type": ["boolean", "null"],
                "default": True,
                "description": "CSV only: text that a spreadsheet would run gets a leading apostrophe",
            },
        }
    ),
    "if": {"properties": {"formula_guard": {"type": "boolean"}}, "required": ["formula_guard"]},
    "then": {"properties": {"format": {"enum": list(CSV_FORMATS)}}, "required": ["format"]},
}
AGGREGATES = _object(
    {
        "filters": _optional(FILTERS),
        "dimensions": _list({"enum": list(DIMENSIONS)}, maxItems=len(DIMENSIONS)),
        "top_n": _optional(_number(1, MAX_TOP_N), default=20),
    }
)
REHEARSAL = _object(
    {
        "number": _optional(_number(0, MAX_NUMBER), default=0),
        "steps": _optional(_number(0, MAX_STEPS), default=0),
        "fate": _words(FATES, default="succeed"),
    }
)
TASK_ID = _object({"task_id": {"type": "string", "format": "uuid"}}, required=["task_id"])
CANCEL = _object(
    {**TASK_ID["properties"], "all": {"type": ["boolean", "null"], "default": False}}, required=["task_id"]
)
LETTERS = _object(
    {"ids": {"type": "array", "items": _number(1, LARGEST_ID), "minItems": 1, "maxItems": MAX_LETTERS}},
    required=["ids"],
)
