"""What a snapshot stores beside the columns of rows, as SQL: folded text, codes of names, bins of amounts.

Rows are written and questions are asked with the same expressions, which is why they stand in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from contracts.fields import SEARCHED
from contracts.questions.filters import EXACT

CODES: dict[str, str] = {exact.column: f"{exact.column}_code" for exact in EXACT.values()}
"""Name column -> the column that holds the number of its label in ``labels``."""

SEARCHED_NAMES: tuple[str, ...] = tuple(column for column in SEARCHED if column in CODES)
"""Searched columns whose text is found in ``labels``, where each name stands once."""


@dataclass(frozen=True)
class Statement:
    """SQL and the values of its ``$1``, ``$2``..."""

    sql: str
    parameters: tuple[object, ...] = ()


def fold(text: str) -> str:
    """The SQL expression in which keyword search compares ``text``, itself an expression of cleaned text.

    Case and accents go. Every character that ends a word is followed by the mark U+0001, and a space is
    replaced by it, so that "word start" becomes "after a mark". The form is the same for rows and phrases;
    how a text begins is the affair of ``fold_field`` and of ``contracts.snapshot.words.Phrase``.
    """
    return mark_words(make_plain(text))


def make_plain(text: str) -> str:
    """``text`` without case and accents."""
    return f"lower(strip_accents({text}))"


def mark_words(plain: str) -> str:
    """``plain`` text with the marks."""
    # No stored text holds U+0001, because the import takes control characters out.
    return rf"replace(regexp_replace({plain}, '([^\p{{L}}\p{{N}} ])', '\1' || chr(1), 'g'), ' ', chr(1))"


def fold_field(text: str) -> str:
    """``text`` as a row stores it: its beginning is the start of a word."""
    return f"chr(1) || {fold(text)}"


def plain_phrase(text: str) -> str:
    """``text`` as it is looked for, without case and accents, and without blanks around it."""
    # An accent that stands alone goes, and the blank before it would end the phrase.
    return f"trim({make_plain(text)})"


NUMBERED: tuple[str, ...] = ("reference_id", "award_number", "contract_number")
"""The columns of numbers by which people know a contract."""


def fold_number(text: str) -> str:
    """The SQL expression for a number that is there, without what does not count in it."""
    # Not translate, which would fold case as Python does: it takes ten times as long as these together.
    return f"coalesce(nullif(ltrim(upper(replace({text}, ' ', '')), '0'), ''), '0')"


def number_key(text: str) -> str:
    """The SQL expression for the key of a number; null where there is none. Blanks, leading zeros and case do
    not count."""
    # 64 bits of MD5: any text becomes 8 bytes by it, in Python as here, and in every version of DuckDB, whose
    # own hash may change. Among 15 million numbers two have the same in 1 of 160,000 datasets.
    return f"CASE WHEN {text} IS NOT NULL THEN md5_number_lower({fold_number(text)}) END"


# 1, 2, 5, 10...: steps that look alike on a logarithmic axis, up to what DECIMAL(18,2) holds.
BIN_BOUNDS: tuple[Decimal, ...] = (
    Decimal(0),
    *(Decimal(step) * 10**exponent for exponent in range(16) for step in (1, 2, 5)),
    Decimal(10) ** 16,
)
"""Bin n of the value distribution holds amounts from BIN_BOUNDS[n] up to, not including, the next bound."""


def value_bin(amount: str) -> str:
    """The SQL expression for the bin of a positive ``amount``."""
    # By its digits, because a logarithm rounds: DuckDB's log10 of 9999999999999999.99 is 16, a bin too high.
    digits = f"floor({amount})::BIGINT::VARCHAR"
    # Digits compare as text from the left, so that the first one decides.
    step = f"CASE WHEN {digits} >= '5' THEN 2 WHEN {digits} >= '2' THEN 1 ELSE 0 END"
    return f"(CASE WHEN {amount} < 1 THEN 0 ELSE 3 * length({digits}) - 2 + {step} END)::UTINYINT"
