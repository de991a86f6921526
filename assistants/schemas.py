"""JSON Schema of arguments as models read it: every client reads all of it to its model, at each beginning.

Of our schemas, which say all that is refused, it keeps what helps to ask. What else is refused, is refused in
words when it is asked.
"""

from __future__ import annotations

from typing import Any

from contracts.questions.model import Question, Schema

NULL = {"type": "null"}
# Patterns and conditions say in symbols what descriptions and refusals say in words.
LEFT_OUT = ("pattern", "if", "then", "else")


def describe_arguments(takes: type[Question]) -> Schema:
    """The schema of an object that ``takes`` reads; narrower than that, as it never mentions null where that
    only stands for what is not given."""
    schema: Schema = _shorten(takes.model_json_schema())
    definitions = schema.get("$defs", {})
    members: dict[str, Schema] = definitions.get("Filters", {}).get("properties", {})
    # The lists of names are alike, sixteen times.
    common = members.get("contractors")
    for name in [name for name, member in members.items() if member == common]:
        members[name] = {"$ref": "#/$defs/NameList"}
        definitions["NameList"] = common
    return schema


def _shorten(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_shorten(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _leave_out_null(schema)
    kept = {name: _shorten(part) for name, part in schema.items() if name not in LEFT_OUT}
    if "properties" in kept:
        kept["properties"] = {name: part for name, part in kept["properties"].items() if part != NULL}
    if "description" in kept and isinstance(kept["description"], str):
        kept["description"] = " ".join(kept["description"].replace("``", "`").split())
    return kept


def _leave_out_null(schema: Schema) -> Schema:
    given = schema.get("anyOf", [])
    if NULL in given and len(given) == 2 and "items" not in schema:
        (meant,) = (one for one in given if one != NULL)
        return {**meant, **{name: part for name, part in schema.items() if name != "anyOf"}}
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        schema = {**schema, "type": rest[0] if len(rest) == 1 else rest}
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema
