"""Why a raw row is rejected or a cell is of no use, in a word for programs and in words for people."""

from __future__ import annotations

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal[
    "ragged_row",
    "formula_without_value",
    "missing_value",
    "zero_number",
    "invalid_date",
    "impossible_year",
    "invalid_amount",
    "amount_not_positive",
    "nothing_told",
    "conflicting_amount",
]

REASONS: dict[Reason, str] = {
    "ragged_row": "More or fewer cells than the header",
    "formula_without_value": "A formula whose result is not in the file",
    "missing_value": "Something that a contract should have is empty",
    "zero_number": "The number 0, which is nobody's",
    "invalid_date": "A date that is none",
    "impossible_year": "A date before 2000 or in the future",
    "invalid_amount": "An amount that is no number",
    "amount_not_positive": "An amount of zero or less",
    "nothing_told": "Nothing but an amount",
    "conflicting_amount": "Another amount than the same award has elsewhere",
}
