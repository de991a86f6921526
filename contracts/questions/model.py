"""The base of all that comes from outside as JSON: frozen values, read strictly.

Types and limits are declared once, in the annotations of a model. Pydantic reads by them and makes the JSON
Schema of the OpenAPI document from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError

from contracts.errors import InvalidQuery
from contracts.questions.reading import point, show_key, shown

S = TypeVar("S")
T = TypeVar("T")

Schema = dict[str, Any]
"""A JSON Schema."""
SCHEMA_PATH = "#/components/schemas/{model}"
"""How a schema refers to another by name, in the OpenAPI document."""


@dataclass(frozen=True)
class Added:
    """Marks a member that the last release does not know. Its workers refuse unknown members, and run beside
    today's program during an upgrade, so the canonical form leaves it out where it has its default."""


class Question(BaseModel):
    """A value from outside. Null stands for what is not given; members that are unknown are refused."""

    # "forbid" is for the JSON Schema (additionalProperties); _drop_nulls refuses unknown members before,
    # because pydantic cannot say what may have been meant.
    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_json(cls, data: object, pointer: str = "") -> Self:
        """The value of parsed JSON; None is an empty object. Raises InvalidQuery, whose pointer begins with
        ``pointer`` and names the culprit."""
        try:
            return cls.model_validate({} if data is None else data)
        except ValidationError as error:
            raise _translate(error, pointer) from None

    def to_json(self) -> dict[str, Any]:
        """The canonical form: equal questions give equal JSON, and ``from_json`` reads it back."""
        return self.model_dump(mode="json")

    @model_serializer(mode="wrap")
    def _leave_out_added(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        for name in _list_added(type(self)):
            if getattr(self, name) == type(self).model_fields[name].default:
                written.pop(name, None)
        return written

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        for key in data:
            if key not in cls.model_fields:
                raise invalid_member(_name_known(str(key), list(cls.model_fields)), show_key(str(key)))
        return {key: value for key, value in data.items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        required = schema.get("required", ())
        for name, member in schema.get("properties", {}).items():
            # Pydantic's titles repeat the names ("Page Size").
            member.pop("title", None)
            # null is what is not given, and no value to be sent by default.
            if member.get("default", ...) is None:
                del member["default"]
            if name not in required:
                schema["properties"][name] = _take_null(member)
        schema.pop("title", None)
        return reference


@cache
def _list_added(model: type[Question]) -> tuple[str, ...]:
    fields = model.model_fields.items()
    return tuple(name for name, member in fields if Added() in member.metadata)


def _take_null(schema: Schema) -> Schema:
    """The schema, taking null too."""
    kind = schema.get("type")
    if not isinstance(kind, str):
        if {"type": "null"} in schema.get("anyOf", ()):
            return schema
        # The default of a whole object is that of its members, which say it themselves.
        return {"anyOf": [{key: schema[key] for key in schema if key != "default"}, {"type": "null"}]}
    if kind == "null":
        return schema
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **values, "type": [kind, "null"]}


def _name_known(unknown: str, known: Sequence[str]) -> str:
    # difflib's time grows with the square of the length, which is the sender's to choose.
    close = get_close_matches(unknown[:100], known, n=1)
    return (
        f"unknown field; did you mean {close[0]}?"
        if close
        else f"unknown field; known are {', '.join(known)}"
    )


def invalid(message: str) -> PydanticCustomError:
    """The error that a validator raises where its value cannot be meant."""
    # The message is no template of pydantic's, which would read its braces.
    return PydanticCustomError("refused", "{message}", {"message": message})


def check_by(read: Callable[[S, str], T]) -> Callable[[S], T]:
    """A reader of ``contracts.questions.reading`` as pydantic takes it: a validator."""

    def check(given: S) -> T:
        try:
            return read(given, "")
        except InvalidQuery as error:
            raise invalid(error.message) from None

    return check


def invalid_member(message: str, *path: str | int) -> ValidationError:
    """The error that a validator raises where a member of its value, at ``path``, cannot be meant."""
    # By pydantic's own error, because only that one carries a path inside the value.
    culprit = InitErrorDetails(type=invalid(message), loc=path, input=None)
    return ValidationError.from_exception_data("question", [culprit])


def _translate(error: ValidationError, pointer: str) -> InvalidQuery:
    """The first of the errors, in our words."""
    first = error.errors(include_url=False)[0]
    return InvalidQuery(f"{pointer}{point(first['loc'])}", _say(first))


def _say(error: ErrorDetails) -> str:
    say = MESSAGES.get(error["type"])
    return say(error.get("ctx", {}), error["input"]) if say else error["msg"]


def _expected(what: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda _, given: f"expected {what}, got {shown(given)}"


MESSAGES: Mapping[str, Callable[[Mapping[str, Any], Any], str]] = {
    "missing": lambda _, given: "is required",
    "none_required": lambda _, given: "does not belong here",
    "refused": lambda limits, _: str(limits["message"]),
    "model_type": _expected("an object"),
    "tuple_type": _expected("a list"),
    "bool_type": _expected("true or false"),
    "int_type": _expected("a whole number"),
    "string_type": _expected("text"),
    "string_unicode": lambda _, given: "must be valid Unicode, got a lone surrogate",
    "string_too_long": lambda limits, given: f"at most {limits['max_length']} characters, got {len(given)}",
    "too_long": lambda limits, _: f"at most {limits['max_length']} entries, got {limits['actual_length']}",
    "too_short": lambda limits, _: f"needs at least {limits['min_length']}",
    "greater_than_equal": lambda limits, given: f"must be at least {limits['ge']}, got {shown(given)}",
    "less_than_equal": lambda limits, given: f"must be at most {limits['le']}, got {shown(given)}",
}
"""Type of a pydantic error -> what we say of its limits and the given value. Others keep its words."""
