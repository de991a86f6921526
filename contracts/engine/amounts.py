"""How the amounts of contracts are spread: their first and last digits, how round they are, equal bins.

All counts are exact: amounts are whole centavos, and no step takes a float.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from contracts.engine.cursor import Cursor
from contracts.snapshot.expressions import Statement

# DECIMAL(20,2), because the greatest amount of DECIMAL(18,2) times 100 overflows.
_CENTAVOS = "(contract_amount::DECIMAL(20,2) * 100)::BIGINT"
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
    steps = " ".join(f"WHEN centavos % {100 * step} = 0 THEN {step}" for step in STEPS)
    pesos = "(centavos // 100)::VARCHAR"
    # One pass for all four. The first digit of centavos is that of pesos: both count by tens.
    statement = Statement(
        f"""SELECT CASE WHEN grouping(first) = 0 THEN 'first' WHEN grouping(last) = 0 THEN 'last'
                WHEN grouping(zeros) = 0 THEN 'zeros' ELSE 'steps' END AS property,
            coalesce(first, last, zeros, steps), count(*), sum(contract_amount)
        FROM (SELECT contract_amount, left(centavos::VARCHAR, 1)::INTEGER AS first,
                (centavos // 100 % 10)::INTEGER AS last,
                (CASE WHEN centavos % 1000 >= 100 OR centavos < 1000 THEN 0
                    ELSE length({pesos}) - length(rtrim({pesos}, '0')) END)::INTEGER AS zeros,
                (CASE {steps} ELSE 0 END)::INTEGER AS steps
            FROM (SELECT contract_amount, {_CENTAVOS} AS centavos {rows.sql}))
        GROUP BY GROUPING SETS ((first), (last), (zeros), (steps)) ORDER BY 1, 2""",
        rows.parameters,
    )
    found: dict[str, dict[int, Count]] = {"first": {}, "last": {}, "zeros": {}, "steps": {}}
    for row in cursor.fetch(statement, _Row):
        found[row.property][row.key] = Count(count=row.count, total_value=row.total_value)
    return Digits(**found)


def find_bins(rows: Statement, cursor: Cursor, *, number: int) -> Bins | None:
    """The bins of ``rows``, a tail ``FROM contracts WHERE ...``; None where there are no contracts."""
    ends = Statement(f"SELECT min(contract_amount), max(contract_amount) {rows.sql}", rows.parameters)
    [(least, most)] = cursor.fetch(ends, _Ends)
    if least is None or most is None:
        return None
    first, width = _to_centavos(least), _to_centavos(most) - _to_centavos(least)
    # HUGEINT, because an amount may have eighteen digits and a place four more. With no width all is one bin.
    place = f"least({number - 1}, ({_CENTAVOS} - {first})::HUGEINT * {number} // {max(1, width)})"
    statement = Statement(
        f"SELECT 'place', {place}::INTEGER, count(*), sum(contract_amount) {rows.sql} GROUP BY 2 ORDER BY 2",
        rows.parameters,
    )
    return Bins(
        number=number,
        least=least,
        most=most,
        found={
            row.key: Count(count=row.count, total_value=row.total_value)
            for row in cursor.fetch(statement, _Row)
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


@dataclass(frozen=True)
class _Row:
    property: str
    key: int
    count: int
    total_value: Decimal


class _Ends(NamedTuple):
    least: Decimal | None
    most: Decimal | None


def _to_centavos(amount: Decimal) -> int:
    return int(amount.scaleb(2))
