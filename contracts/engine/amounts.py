"""How the amounts of contracts are spread: their first and last digits, how round they are, equal bins.

All counts are exact: amounts are whole centavos, and no step takes a float.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from contracts.engine.aggregates import EXACT
from contracts.engine.cursor import Cursor
from contracts.snapshot.expressions import Statement

# Of the two parts apart: the greatest amount times 100 needs a wider DECIMAL, which takes five times as long.
# The cast rounds, so that 0.57 as a double is 57.
_CENTAVOS = "trunc(contract_amount)::BIGINT * 100 + ((contract_amount % 1)::DOUBLE * 100)::TINYINT"
# What an amount has at most: eighteen digits, two of which are centavos.
_DIGITS = 18
STEPS = tuple(10**power for power in range(7, 2, -1))
"""Pesos of which a round amount is a multiple, the greatest first: ten millions to one thousand."""

BENFORD = {digit: math.log10(1 + 1 / digit) for digit in range(1, 10)}
"""First digit -> the share of amounts that begin with it by Benford's law: F. Benford, "The Law of Anomalous
Numbers", Proceedings of the American Philosophical Society 78 (1938), 551-572."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """Contracts that share a property, and what they are worth."""

    count: int
    total_value: Decimal


@dataclass(frozen=True, kw_only=True)
class Digits:
    """Contracts by what the digits of their amounts say; each mapping adds up to all contracts.

    ``first``: the first digit that is no zero (1 to 9); ``last``: the digit of single pesos; ``zeros``: with
    how many zeros the whole pesos end; ``steps``: the greatest of STEPS that divides the amount, centavos
    included, 0 where none does. Centavos do not count for ``last`` and ``zeros``. What occurs is there.
    """

    first: dict[int, Count]
    last: dict[int, Count]
    zeros: dict[int, Count]
    steps: dict[int, Count]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well first digits agree with BENFORD, by Pearson's test: ``parts`` of each digit add up to
    ``chi_square``; ``p_value`` is the chance of one as large or larger where the law holds."""

    parts: dict[int, float]
    chi_square: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Bins:
    """So many (``number``) bins of equal width from ``least`` to ``most``, both of which are amounts that
    occur; ``found`` holds those with contracts, by their place from 0. The last holds ``most`` too."""

    number: int
    least: Decimal
    most: Decimal
    found: dict[int, Count]


def count_digits(rows: Statement, cursor: Cursor) -> Digits:
    """The digits of ``rows``, a tail ``FROM contracts WHERE ...``."""
    # By comparisons and not by text, and by all of them at once: the few hundred groups are added up here,
    # which takes a third of what four groupings take. The first digit of centavos is that of pesos.
    statement = Statement(
        f"""SELECT ({_FIRST})::UTINYINT, (centavos // 100 % 10)::UTINYINT, ({_ZEROS})::UTINYINT,
            ({_STEP})::INTEGER, count(*), sum(contract_amount)
        FROM (SELECT contract_amount, {_CENTAVOS} AS centavos {rows.sql}) GROUP BY ALL ORDER BY ALL""",
        rows.parameters,
    )
    digits = Digits(first={}, last={}, zeros={}, steps={})
    for first, last, zeros, step, count, total_value in cursor.fetch(statement, _Row):
        found = Count(count=count, total_value=total_value)
        _add(digits.first, first, found)
        _add(digits.last, last, found)
        _add(digits.zeros, zeros, found)
        _add(digits.steps, step, found)
    return digits


_FIRST = f"""CASE {
    " ".join(f"WHEN centavos < {10 ** (digit + 1)} THEN centavos // {10**digit}" for digit in range(_DIGITS))
} END"""
_ZEROS = f"""CASE WHEN centavos < 100 THEN 0 {
    " ".join(f"WHEN centavos // 100 % {10 ** (digit + 1)} <> 0 THEN {digit}" for digit in range(_DIGITS - 2))
} END"""
_STEP = f"""CASE {" ".join(f"WHEN centavos % {100 * step} = 0 THEN {step}" for step in STEPS)} ELSE 0 END"""


def find_bins(rows: Statement, cursor: Cursor, *, number: int) -> Bins | None:
    """The bins of ``rows``, a tail ``FROM contracts WHERE ...``; None where there are no contracts."""
    ends = Statement(f"SELECT min(contract_amount), max(contract_amount) {rows.sql}", rows.parameters)
    [(least, most)] = cursor.fetch(ends, _Ends)
    if least is None or most is None:
        return None
    first, width = _to_centavos(least), _to_centavos(most) - _to_centavos(least)
    # HUGEINT only where it must be, which takes three times as long. With no width all is one bin.
    wide = "::HUGEINT" if width * number >= 1 << 63 else ""
    place = f"least({number - 1}, ({_CENTAVOS} - {first}){wide} * {number} // {max(1, width)})"
    statement = Statement(
        f"SELECT ({place})::INTEGER, count(*), sum(contract_amount) {rows.sql} GROUP BY 1 ORDER BY 1",
        rows.parameters,
    )
    return Bins(
        number=number,
        least=least,
        most=most,
        found={
            place: Count(count=count, total_value=total_value)
            for place, count, total_value in cursor.fetch(statement, _Bin)
        },
    )


def compare_with_benford(digits: Digits) -> Fit:
    """Pearson's test of the first digits. Of no contracts, everything agrees."""
    counts = {digit: digits.first[digit].count if digit in digits.first else 0 for digit in BENFORD}
    total = sum(counts.values())
    parts = {
        digit: (counts[digit] - total * share) ** 2 / (total * share) if total else 0.0
        for digit, share in BENFORD.items()
    }
    statistic = math.fsum(parts.values())
    return Fit(parts=parts, chi_square=statistic, p_value=_survive_chi_square(statistic))


def _survive_chi_square(statistic: float) -> float:
    """The chance of a larger chi-square of eight degrees of freedom (nine digits, one sum)."""
    # Of 2m degrees it is a finite sum, exp(-x/2) * sum of (x/2)^k / k! for k < m (Abramowitz and Stegun,
    # Handbook of Mathematical Functions, 26.4.21): no library is needed for it.
    half = statistic / 2
    # Beyond, exp gives 0 and the powers may overflow.
    if half > 700:
        return 0.0
    return math.exp(-half) * math.fsum(half**k / math.factorial(k) for k in range(4))


def _add(counts: dict[int, Count], key: int, more: Count) -> None:
    before = counts.get(key, Count(count=0, total_value=Decimal("0.00")))
    counts[key] = Count(
        count=before.count + more.count, total_value=EXACT.add(before.total_value, more.total_value)
    )


class _Row(NamedTuple):
    first: int
    last: int
    zeros: int
    step: int
    # Not "count", which a tuple has already.
    contracts: int
    total_value: Decimal


class _Bin(NamedTuple):
    place: int
    contracts: int
    total_value: Decimal


class _Ends(NamedTuple):
    least: Decimal | None
    most: Decimal | None


def _to_centavos(amount: Decimal) -> int:
    return int(amount.scaleb(2))
