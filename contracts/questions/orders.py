"""The order of rows: what it is sorted by, and which way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from contracts.questions.model import Schema, invalid
from contracts.questions.reading import shown


@dataclass(frozen=True, kw_only=True)
class Order:
    """By a ``field``, one of the ``choices``; missing values come last.

    In JSON it is ``"field"`` or ``"-field"``; ``refusal`` is what is said of another text.
    """

    choices: ClassVar[Collection[str]]
    refusal: ClassVar[str]

    field: str
    descending: bool = True

    def to_json(self) -> str:
        return f"{'-' if self.descending else ''}{self.field}"

    @classmethod
    def _read(cls, given: object) -> Self:
        if isinstance(given, cls):
            return given
        if not isinstance(given, str) or (field := given.removeprefix("-")) not in cls.choices:
            raise invalid(f"{shown(given)} {cls.refusal}; choose from {', '.join(cls.choices)}")
        return cls(field=field, descending=given.startswith("-"))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(cls.to_json)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return {"type": "string", "enum": [*cls.choices, *(f"-{name}" for name in cls.choices)]}
