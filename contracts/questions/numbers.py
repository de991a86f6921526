"""Numbers of questions: whole ones with limits, amounts of pesos, and numbers that contracts bear."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    FailFast,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from contracts.questions.model import Question, check_by, invalid
from contracts.questions.reading import shown, storable
from contracts.questions.texts import SEEN, clean, sort_distinct

# What DECIMAL(18,2) holds.
MAX_AMOUNT = Decimal("9999999999999999.99")
# Not the thread's context, which has 28 digits: of more it would drop the last.
EXACT = Context(prec=100)
# An exponent of three digits at most: to round 1E999999999 takes a gigabyte of digits.
_PLAIN = r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?"
_DIGITS = r"([0-9]{1,40}|[0-9]{1,3}(,[0-9]{3}){1,13})(\.[0-9]{1,40})?"
UNITS: Mapping[str, int] = {
    "": 0,
    "k": 3,
    "thousand": 3,
    "m": 6,
    "mn": 6,
    "million": 6,
    "b": 9,
    "bn": 9,
    "billion": 9,
    "t": 12,
    "trillion": 12,
}
"""What people write behind an amount -> how many zeros it stands for."""


def _in_any_case(words: Iterable[str]) -> str:
    # Spelled out, because JSON Schema knows no flag for it.
    cases = ("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word) for word in words)
    return f"({'|'.join(cases)})"


_SPOKEN = (
    rf"(₱|{_in_any_case(['php', 'p'])})?\s*{_DIGITS}"
    rf"(\s*{_in_any_case(sorted(filter(None, UNITS)))})?(\s*{_in_any_case(['pesos', 'peso'])})?"
)
AMOUNT = re.compile(rf"{_PLAIN}|{_SPOKEN}")
_PART = re.compile(r"₱|[A-Za-z]+|[0-9.]+")


class Whole:
    """For ``Annotated[int, ...]``: a whole number from ``low`` to ``high``."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        number = core_schema.int_schema(strict=True, ge=self._low, le=self._high)
        return core_schema.no_info_before_validator_function(_drop_point, number)


def _drop_point(given: object) -> object:
    # JSON does not tell 88.0 from 88, and JSON Schema calls both an integer.
    return int(given) if isinstance(given, float) and given.is_integer() else given


def _read_amount(given: object) -> Decimal:
    # A float by the digits that JSON wrote, which are those that somebody meant.
    text = given.strip() if isinstance(given, str) else shown(given)
    if isinstance(given, Decimal):
        text = f"{given:f}"
    elif isinstance(given, bool) or not isinstance(given, str | int | float):
        text = ""
    if not AMOUNT.fullmatch(text):
        raise invalid(
            f'expected an amount in pesos like "1000000.50", "₱900k" or "1 million", got {shown(given)}'
        )
    amount = _compute(text)
    if not 0 <= amount <= MAX_AMOUNT or amount != round(amount, 2):
        raise invalid(f"must be from 0 to {MAX_AMOUNT} with at most two decimals, got {shown(given)}")
    # abs, because equal questions must be equal as text, and -0 is 0.
    return abs(round(amount, 2))


def _compute(text: str) -> Decimal:
    """The pesos of a text that is an AMOUNT."""
    if re.fullmatch(_PLAIN, text):
        return Decimal(text)
    parts = _PART.findall(text.replace(",", "").lower())
    digits = next(part for part in parts if part[0].isdigit())
    unit = next((part for part in parts if UNITS.get(part)), "")
    return Decimal(digits).scaleb(UNITS[unit], EXACT)


Amount = Annotated[
    Decimal,
    PlainValidator(_read_amount),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema(
        {
            "description": f"pesos from 0 to {MAX_AMOUNT}, at most two decimals; as text they are exact, and"
            ' may be written like "₱900k" or "1 million"',
            "anyOf": [
                {"type": "string", "pattern": rf"^\s*({AMOUNT.pattern})\s*$"},
                {"type": "number", "minimum": 0, "maximum": int(MAX_AMOUNT)},
            ],
        }
    ),
]


class ValueRange(Question):
    """Amounts in pesos, both ends included; None is open."""

    min: Amount | None = None
    max: Amount | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise invalid(f"min {self.min} is greater than max {self.max}")
        return self

    def describe(self) -> str:
        ends = [
            *([] if self.min is None else [f"at least ₱{self.min:,.2f}"]),
            *([] if self.max is None else [f"at most ₱{self.max:,.2f}"]),
        ]
        return "; ".join(ends)


MAX_NUMBERS = 100
MAX_NUMBER_LENGTH = 100
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def fold_number(text: str) -> str:
    """A number without blanks, leading zeros and the case of ASCII letters.

    The case of other letters is folded where it is compared: ``contracts.snapshot.expressions.number_key``.
    """
    return "".join(text.split()).translate(_UPPER).lstrip("0") or "0"


def _read_number(text: str) -> str:
    cleaned = clean(_check_storable(text))
    if not cleaned.strip():
        raise invalid("needs a number")
    return fold_number(cleaned)


_check_storable = check_by(storable)

ContractNumber = Annotated[
    str,
    Strict(),
    Field(max_length=MAX_NUMBER_LENGTH, json_schema_extra={"pattern": SEEN}),
    AfterValidator(_read_number),
]
Numbers = Annotated[
    tuple[ContractNumber, ...], FailFast(), Field(max_length=MAX_NUMBERS), AfterValidator(sort_distinct)
]
"""Numbers that contracts bear, compared whole; blanks, leading zeros and case do not count."""
