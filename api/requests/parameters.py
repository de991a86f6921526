"""Reads query parameters as strictly as bodies.

A view declares those that it takes; the reader here and the OpenAPI document both come from that declaration.
What has been read holds no character that a database cannot store.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from urllib.parse import parse_qsl

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from contracts.errors import InvalidQuery
from contracts.questions import reading
from contracts.questions.model import Schema
from contracts.questions.texts import MAX_KEYWORD_LENGTH, SEEN, NamePattern

MAX_GIVEN = 100
MAX_LENGTH = 1000
# int() takes other scripts' digits too, and raises ValueError beyond 4,300 of them.
DIGITS = re.compile(r"[0-9]{1,18}")


PLACES = {"query": "query parameter", "header": "header"}


class InvalidParameter(InvalidQuery):
    """A query parameter or header that cannot be read."""

    def __init__(self, place: Literal["query", "header"], name: str, message: str) -> None:
        super().__init__(f"/{name}", message)
        self.place = place
        self.args = (f"{PLACES[place]} {name}: {message}",)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A query parameter. Where it is not given, its value is ``default``."""

    name: str
    meaning: str = ""
    required: bool = False
    default: Any = None

    def read(self, text: str, pointer: str) -> Any:
        """The value of ``text``. Raises InvalidQuery."""
        raise NotImplementedError

    def describe(self) -> Schema:
        """The JSON Schema of what ``read`` takes."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Parameter):
    """Any text of bounded length."""

    at_most: int = MAX_LENGTH

    def read(self, text: str, pointer: str) -> str:
        return reading.string(text, pointer, at_most=self.at_most)

    def describe(self) -> Schema:
        return {"type": "string", "maxLength": self.at_most, "pattern": "^[^\\u0000]*$"}


@dataclass(frozen=True, kw_only=True)
class Choice(Parameter):
    """One of a few words."""

    choices: Sequence[str]

    def read(self, text: str, pointer: str) -> str:
        return reading.choice(text, pointer, self.choices)

    def describe(self) -> Schema:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True, kw_only=True)
class Whole(Parameter):
    """A whole number from ``low`` to ``high``, neither of which is negative."""

    low: int
    high: int

    def read(self, text: str, pointer: str) -> int:
        value = int(text) if DIGITS.fullmatch(text) else text
        return reading.integer(value, pointer, low=self.low, high=self.high)

    def describe(self) -> Schema:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, kw_only=True)
class DayOf(Parameter):
    """A day as ISO 8601 writes it."""

    def read(self, text: str, pointer: str) -> date:
        return reading.day(text, pointer)

    def describe(self) -> Schema:
        return {"type": "string", "format": "date", "pattern": "^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$"}


@dataclass(frozen=True, kw_only=True)
class Identifier(Parameter):
    """The id of a task, which is a UUID."""

    def read(self, text: str, pointer: str) -> Any:
        return reading.identifier(text, pointer)

    def describe(self) -> Schema:
        return {"type": "string", "format": "uuid"}


@dataclass(frozen=True, kw_only=True)
class Pattern(Parameter):
    """Names by what they hold, as in the name lists of the filters."""

    def read(self, text: str, pointer: str) -> NamePattern:
        return NamePattern.from_json({"contains": text})

    def describe(self) -> Schema:
        return {"type": "string", "maxLength": MAX_KEYWORD_LENGTH, "pattern": SEEN}


def read_query(request: HttpRequest, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """The value of each of ``parameters`` in the request's query string. Raises InvalidQuery, which names
    one that cannot be read, is missing, unknown or given twice."""
    given = _split(request)
    known = ", ".join(parameter.name for parameter in parameters)
    # A misspelt filter that is ignored would be answered with all there is.
    for name in given.keys() - {parameter.name for parameter in parameters}:
        # It becomes a JSON pointer, in which these two have a meaning.
        readable = name[:100].replace("~", "~0").replace("/", "~1")
        raise InvalidParameter("query", readable, f"unknown; known are {known or 'none here'}")
    return {parameter.name: _read(parameter, given.get(parameter.name)) for parameter in parameters}


def _split(request: HttpRequest) -> dict[str, str]:
    raw: str = request.META.get("QUERY_STRING", "")
    try:
        # WSGI gives bytes as Latin-1.
        text = raw.encode("latin-1").decode() if isinstance(request, WSGIRequest) else raw
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_GIVEN)
    except UnicodeDecodeError:
        raise InvalidQuery("", "the query string is not UTF-8") from None
    except ValueError:
        raise InvalidQuery("", f"the query string has more than {MAX_GIVEN} parameters") from None
    given = dict(pairs)
    if len(given) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidParameter("query", twice, "given more than once")
    return given


def _read(parameter: Parameter, text: str | None) -> Any:
    if text is None and parameter.required:
        raise InvalidParameter("query", parameter.name, "is required")
    if text is None:
        return parameter.default
    try:
        return parameter.read(text, f"/{parameter.name}")
    except InvalidQuery as error:
        raise InvalidParameter("query", parameter.name, error.message) from None
