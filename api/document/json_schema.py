"""Makes JSON Schema of the types of answers, so that the OpenAPI document says what mypy holds the code to.

TypedDicts, dataclasses and models become components under their names; unions, lists, mappings, literals and
plain values stand where they are used. What a type cannot say stands beside it as ``Also``.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired, TypeVar, Union
from uuid import UUID

from pydantic import BaseModel

from contracts.fields import Shown
from contracts.questions.model import SCHEMA_PATH, Schema

PLAIN: Mapping[Any, Schema] = {
    Any: {},
    object: {},
    None: {"type": "null"},
    type(None): {"type": "null"},
    str: {"type": "string"},
    bytes: {"type": "string", "format": "binary"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    UUID: {"type": "string", "format": "uuid"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    Decimal: {"type": "string"},
}


def describe(hint: Any, components: dict[str, Schema]) -> Schema:
    """The schema of ``hint``; what it refers to by name is added to ``components``."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        base, also = arguments
        if isinstance(also, Shown):
            return describe(also.hint, components)
        return {**describe(base, components), **also.schema}
    if hint in PLAIN:
        return dict(PLAIN[hint])
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return _one_of([describe(argument, components) for argument in arguments])
    if origin is NotRequired:
        return describe(arguments[0], components)
    kind = origin or hint
    if issubclass(kind, BaseModel):
        return _refer_to_model(kind, components)
    if typing.is_typeddict(kind) or dataclasses.is_dataclass(kind):
        return _refer(hint, components)
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    if issubclass(kind, Mapping):
        values = describe(arguments[1], components) if arguments else {}
        return {"type": "object", **({"additionalProperties": values} if values else {})}
    if issubclass(kind, Sequence):
        return {"type": "array", "items": describe(arguments[0], components)}
    raise TypeError(f"no JSON Schema is known for {hint!r}")


def _refer_to_model(model: type[BaseModel], components: dict[str, Schema]) -> Schema:
    if model.__name__ not in components:
        schema = model.model_json_schema(ref_template=SCHEMA_PATH)
        components.update(schema.pop("$defs", {}))
        components[model.__name__] = schema
    return {"$ref": SCHEMA_PATH.format(model=model.__name__)}


def _one_of(schemas: Sequence[Schema]) -> Schema:
    plain = [schema["type"] for schema in schemas if schema.keys() == {"type"}]
    if len(plain) == len(schemas):
        return {"type": plain}
    first, *rest = schemas
    if rest == [PLAIN[None]] and isinstance(first.get("type"), str):
        also = {"enum": [*first["enum"], None]} if "enum" in first else {}
        return {**first, **also, "type": [first["type"], "null"]}
    return {"anyOf": list(schemas)}


def _refer(hint: Any, components: dict[str, Schema]) -> Schema:
    kind, arguments = typing.get_origin(hint) or hint, typing.get_args(hint)
    name = "".join(part.__name__ for part in (*arguments, kind))
    if name not in components:
        # Before its members are described: one of them may be of the same type.
        components[name] = {}
        chosen = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=True))
        hints = typing.get_type_hints(kind, include_extras=True)
        components[name] = {
            "type": "object",
            **({"description": about} if (about := vars(kind).get("__doc__")) else {}),
            "properties": {key: describe(_fill(hint, chosen), components) for key, hint in hints.items()},
            # Not __required_keys__, which is wrong where annotations are text (CPython issue 97727).
            "required": [key for key, hint in hints.items() if typing.get_origin(hint) is not NotRequired],
        }
    return {"$ref": SCHEMA_PATH.format(model=name)}


def _fill(hint: Any, chosen: Mapping[Any, Any]) -> Any:
    """The hint of a generic type's member, with what the type is made for."""
    if isinstance(hint, TypeVar):
        return chosen[hint]
    variables = getattr(hint, "__parameters__", ())
    return hint[tuple(chosen[variable] for variable in variables)] if variables else hint
