"""Texts of questions: names, words of a list, and the keywords that people look for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    TypeAdapter,
)
from pydantic_core import CoreSchema, core_schema

from contracts.questions.model import Question, Schema, check_by, invalid
from contracts.questions.reading import shown, storable

T = TypeVar("T")

MAX_NAMES = 500
MAX_NAME_LENGTH = 1000
# Each is looked for in every name of its column, which takes milliseconds.
MAX_PATTERNS = 20
MAX_KEYWORDS = 20
MAX_KEYWORD_LENGTH = 200
SEEN = r"^[^\u0000]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000]*$"
"""Text with at least one character that is seen, for JSON Schema."""


class OneOf:
    """For ``Annotated[str, ...]``: one of a few ``words``; ``noun`` says what they are."""

    def __init__(self, words: Iterable[str], noun: str) -> None:
        self.words = tuple(words)
        self._noun = noun

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return {"type": "string", "enum": list(self.words)}

    def _check(self, given: object) -> str:
        # A list or an object cannot be looked up in a set, and is none of the words.
        if not isinstance(given, str) or given not in self.words:
            raise invalid(f"{shown(given)} is no {self._noun}; choose from {', '.join(self.words)}")
        return given


def phrases_of(keyword: str) -> tuple[str, ...]:
    """The phrases of a keyword, which must all be found: ``a && b`` -> ``("a", "b")``.

    They are cleaned as the importer cleans text: one space between words, no control characters, NFC.
    """
    parts = (" ".join(clean(part).split()) for part in keyword.split("&&"))
    return tuple(dict.fromkeys(part for part in parts if part))


def sort_distinct(values: Iterable[T]) -> tuple[T, ...]:
    """The values of a list whose order means nothing, each once; None comes last."""
    return tuple(sorted(dict.fromkeys(values), key=lambda value: (value is None, value or "")))


_check_text = check_by(storable)


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", _check_text(text))


def _normalize_keyword(text: str) -> str:
    if not all(phrases_of(part) for part in _check_text(text).split("&&")):
        raise invalid("needs text (on both sides of every &&)")
    # Sorted, because all of them must be found, in whichever order they are typed.
    return " && ".join(sorted(phrases_of(text)))


def clean(text: str) -> str:
    """``text`` as stored text is cleaned: no control characters but white space, NFC."""
    # As contracts.ingest.rows.staging cleans what is searched: a phrase with a decomposed ñ (n and a tilde),
    # as some systems type it, would find nothing otherwise.
    visible = (char for char in text if char.isspace() or unicodedata.category(char) != "Cc")
    return unicodedata.normalize("NFC", "".join(visible))


Keyword = Annotated[
    str,
    Strict(),
    Field(
        max_length=MAX_KEYWORD_LENGTH,
        description="phrases, joined by && where all must be found",
        json_schema_extra={"pattern": SEEN},
    ),
    AfterValidator(_normalize_keyword),
]
Keywords = Annotated[
    tuple[Keyword, ...], FailFast(), Field(max_length=MAX_KEYWORDS), AfterValidator(sort_distinct)
]


class NamePattern(Question):
    """Names by what they hold: all phrases of ``contains``, each at the start of a word of the name, ignoring
    case and accents."""

    contains: Keyword

    @property
    def phrases(self) -> tuple[str, ...]:
        return phrases_of(self.contains)

    def describe(self) -> str:
        return "names with " + " and ".join(f"'{phrase}'" for phrase in self.phrases)


ExactName = Annotated[
    str,
    Strict(),
    Field(max_length=MAX_NAME_LENGTH, json_schema_extra={"pattern": r"^[^\u0000]*$"}),
    AfterValidator(_compose),
]
_EXACT_NAME: TypeAdapter[str] = TypeAdapter(ExactName)
NameWanted: TypeAlias = str | NamePattern | None


class _TellApart:
    """Reads a name, a pattern or null. The union is there for the JSON Schema: pydantic would put the name of
    the type that fits least badly into the path of its errors."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda given, _: _read_name(given), handler(source)
        )


def _read_name(given: object) -> NameWanted:
    if given is None or isinstance(given, NamePattern):
        return given
    if isinstance(given, Mapping):
        return NamePattern.model_validate(given)
    if not isinstance(given, str):
        raise invalid(f'expected a name as text, null or {{"contains": "..."}}, got {shown(given)}')
    return _EXACT_NAME.validate_python(given)


def _sort_names(names: tuple[NameWanted, ...]) -> tuple[NameWanted, ...]:
    distinct = dict.fromkeys(names)
    if sum(isinstance(name, NamePattern) for name in distinct) > MAX_PATTERNS:
        raise invalid(f"at most {MAX_PATTERNS} patterns")
    return tuple(sorted(distinct, key=_place_name))


def _place_name(name: NameWanted) -> tuple[int, str]:
    if isinstance(name, NamePattern):
        return 1, name.contains
    return (2, "") if name is None else (0, name)


def say_names(names: Sequence[NameWanted], last: str) -> str:
    """Names in words, ``last`` standing between them."""
    return f" {last} ".join(
        "(none given)" if name is None else name if isinstance(name, str) else name.describe()
        for name in names
    )


Places = Annotated[
    tuple[
        Annotated[
            ExactName,
            Field(
                description="a province, region or city of Metro Manila: all texts of the area of delivery "
                "that name it, alone or among others, in the spelling of any source"
            ),
        ],
        ...,
    ],
    FailFast(),
    Field(max_length=MAX_NAMES),
    AfterValidator(sort_distinct),
]

Names = Annotated[
    tuple[
        Annotated[
            ExactName | NamePattern | None,
            _TellApart(),
            Field(
                description="a name as it is stored, names that hold phrases, or null: the name is missing"
            ),
        ],
        ...,
    ],
    # One error is told, so that a million wrong names cost no more than one.
    FailFast(),
    Field(max_length=MAX_NAMES),
    AfterValidator(_sort_names),
]
"""Names of a column, as they are stored or by what they hold; None stands for the rows that have none."""
