"""The declarations that the pages' JavaScript is checked against say what the API's document says."""

from __future__ import annotations

import pytest

from tools.javascript.api_types import Schema, declare_types, type_of


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "minimum": 0}, "number"),
        ({"type": ["string", "null"], "format": "date"}, "string | null"),
        ({"enum": ["message", 1, True, None]}, '"message" | 1 | true | null'),
        ({"type": "string", "enum": ["up", "down"]}, '"up" | "down"'),
        ({"const": True}, "true"),
        ({"type": "string", "const": "cached"}, '"cached"'),
        ({"$ref": "#/components/schemas/Task"}, "Task"),
        ({"anyOf": [{"$ref": "#/components/schemas/Task"}, {"type": "null"}]}, "Task | null"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, 'Array<"a" | "b">'),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        ({"type": "object"}, "Record<string, any>"),
        ({}, "any"),
    ],
)
def test_schema_becomes_the_type_of_its_values(schema: Schema, expected: str) -> None:
    assert type_of(schema) == expected


def test_member_that_may_be_missing_is_optional() -> None:
    members: Schema = {"id": {"type": "integer"}, "X-Name": {"type": "string"}}
    assert type_of({"type": "object", "properties": members, "required": ["id"]}) == (
        '{ "id": number; "X-Name"?: string; }'
    )


def test_every_schema_is_declared_with_its_description_on_one_line() -> None:
    declared = declare_types(
        {"One": {"type": "null", "description": "First,\n  not */ second"}, "Two": {"type": "boolean"}}
    )
    assert declared.splitlines()[2:] == [
        "declare namespace Api {",
        "  /** First, not * / second */",
        "  type One = null;",
        "  type Two = boolean;",
        "}",
    ]
