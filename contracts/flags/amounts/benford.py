"""Buyers whose amounts begin with other digits than amounts do."""

from __future__ import annotations

import math

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

_SHARES = [math.log10(1 + 1 / digits) for digits in range(10, 100)]
BY_CHANCE = sum(math.sqrt(2 * share * (1 - share) / math.pi) for share in _SHARES) / 90
"""The mean deviation that chance alone makes of n amounts, times the root of n (normal approximation)."""

FLAG = Flag(
    code="benford",
    title="First two digits",
    question="At which buyers do amounts begin with other digits than amounts of many sizes do?",
    formula="The mean absolute deviation (MAD) of the shares of first two digits from Benford's law, less "
    f"what chance alone makes of so many amounts: {BY_CHANCE:.4f} / sqrt(n).",
    source="M. Nigrini, Benford's Law (Wiley 2012): from a MAD of 0.0022 on, first two digits do not "
    "conform.",
    caution="Amounts of procurement do not follow the law by nature: round budgets and limits alone make "
    "them differ. Read it beside the round amounts.",
    fields=("contract_amount", "organization_name"),
    thresholds=(
        Threshold(
            name="least", value=300, meaning="amounts of the buyer, at least: of fewer, chance is too great"
        ),
        Threshold(name="mad", value=0.0022, meaning="MAD less that of chance, at least"),
    ),
    figures=(
        Figure(name="bought", label="Amounts", type=FieldType.INTEGER),
        Figure(name="mad", label="MAD", type=FieldType.SHARE),
        Figure(name="by_chance", label="MAD by chance", type=FieldType.SHARE),
    ),
    keys=("organization",),
    needed="contract_amount >= 10 AND organization_name IS NOT NULL",
    # Digits that do not occur deviate by all of their share: together by what is left of 1.
    cases="""
WITH digits AS (
    SELECT organization_name_code AS organization, count(*) AS amounts,
        left(trunc(contract_amount)::BIGINT::VARCHAR, 2)::INTEGER AS first_two
    FROM {judged} GROUP BY organization, first_two
), sized AS (
    SELECT *, (sum(amounts) OVER (PARTITION BY organization))::BIGINT AS bought,
        log10(1 + 1 / first_two) AS law
    FROM digits
), deviating AS (
    SELECT organization, any_value(bought) AS bought, BY_CHANCE / sqrt(any_value(bought)) AS by_chance,
        (sum(abs(amounts / bought - law)) + 1 - sum(law)) / 90 AS mad
    FROM sized WHERE bought >= {least} GROUP BY 1
)
SELECT *, mad - by_chance AS strength FROM deviating WHERE mad - by_chance >= {mad}""".replace(
        "BY_CHANCE", f"{BY_CHANCE:.6f}"
    ),
    members="j.organization_name_code = c.organization",
)
