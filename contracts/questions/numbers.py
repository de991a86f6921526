"""Numbers of questions: whole ones with limits, and amounts of pesos."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    GetCoreSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from contracts.questions.model import Question, invalid
from contracts.questions.reading import shown

# What DECIMAL(18,2) holds.
MAX_AMOUNT = Decimal("9999999999999999.99")
# An exponent of three digits at most: to round 1E999999999 takes a gigabyte of digits.
PLAIN_AMOUNT = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")


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
    if not PLAIN_AMOUNT.fullmatch(text):
        raise invalid(f'expected an amount in pesos like "1000000.50", got {shown(given)}')
    amount = Decimal(text)
    if not 0 <= amount <= MAX_AMOUNT or amount != round(amount, 2):
        raise invalid(f"must be from 0 to {MAX_AMOUNT} with at most two decimals, got {shown(given)}")
    # abs, because equal questions must be equal as text, and -0 is 0.
    return abs(round(amount, 2))


Amount = Annotated[
    Decimal,
    PlainValidator(_read_amount),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema(
        {
            "description": f"pesos from 0 to {MAX_AMOUNT}, at most two decimals; as text they are exact",
            "anyOf": [
                {"type": "string", "pattern": rf"^\s*{PLAIN_AMOUNT.pattern}\s*$"},
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
