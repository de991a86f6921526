"""Turns the API's OpenAPI document into TypeScript declarations, which the pages are checked against.

`manage.py spectacular --format openapi-json | python -m tools.javascript.api_types > web/api.d.ts`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]
"""A schema of OpenAPI 3.1, which is a JSON Schema."""

TYPES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def declare_types(schemas: Mapping[str, Schema]) -> str:
    """One declaration for each named schema of a document, in the namespace `Api`."""
    lines = ["// Made from the API's document by make check. Not edited by hand, not kept in git.", ""]
    lines.append("declare namespace Api {")
    for name, schema in schemas.items():
        lines += [f"  {line}" for line in _comment(schema)]
        lines.append(f"  type {name} = {type_of(schema)};")
    return "\n".join([*lines, "}", ""])


def type_of(schema: Schema) -> str:
    """The type of the values that a schema allows; what it says beyond types is left to the API."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(choice) for choice in schema["anyOf"])
    names = schema.get("type", [])
    return (
        " | ".join(_named(name, schema) for name in ([names] if isinstance(names, str) else names)) or "any"
    )


def _named(name: str, schema: Schema) -> str:
    if name == "array":
        return f"Array<{type_of(schema.get('items', {}))}>"
    if name != "object":
        return TYPES[name]
    if "properties" in schema:
        return "{ " + " ".join(_members(schema)) + " }"
    values = schema.get("additionalProperties")
    return f"Record<string, {type_of(values) if isinstance(values, dict) else 'any'}>"


def _members(schema: Schema) -> Iterator[str]:
    required = schema.get("required", [])
    for name, member in schema["properties"].items():
        yield f"{json.dumps(name)}{'' if name in required else '?'}: {type_of(member)};"


def _comment(schema: Schema) -> list[str]:
    words = " ".join(str(schema.get("description", "")).split()).replace("*/", "* /")
    return [f"/** {words} */"] if words else []


if __name__ == "__main__":
    sys.stdout.write(declare_types(json.load(sys.stdin)["components"]["schemas"]))
