"""Buyers that spend much of a year in its last month."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="year-end-rush",
    title="Year-end rush",
    question="Which buyers awarded most of a year's pesos in December?",
    formula="Of each buyer and year, the share of the amounts that were awarded in December; an even year "
    "has 8 %.",
    source="J. Liebman, N. Mahoney, American Economic Review 107 (2017), 3510-3549: expiring budgets and "
    "what they buy.",
    caution="One large contract makes a December. Budgets that come late in the year are spent late.",
    fields=("award_date", "contract_amount", "organization_name"),
    thresholds=(
        Threshold(name="least", value=10, meaning="contracts of the buyer in the year, at least"),
        Threshold(name="december", value=3, meaning="of them in December, at least"),
        Threshold(name="share", value=0.6, meaning="share of the year's pesos in December, at least"),
    ),
    figures=(
        Figure(name="year", label="Year", type=FieldType.INTEGER),
        Figure(name="in_december", label="In December", type=FieldType.INTEGER),
        Figure(name="bought", label="In the year", type=FieldType.INTEGER),
        Figure(name="share", label="Share of the pesos", type=FieldType.SHARE),
    ),
    keys=("organization",),
    needed="award_date IS NOT NULL AND organization_name IS NOT NULL",
    cases="""
SELECT organization_name_code AS organization, year(award_date) AS year, count(*) AS bought,
    count(*) FILTER (month(award_date) = 12) AS in_december,
    (sum(contract_amount) FILTER (month(award_date) = 12))::DOUBLE / sum(contract_amount)::DOUBLE AS share,
    share * ln(1 + bought) AS strength
FROM {judged} GROUP BY 1, 2 HAVING bought >= {least} AND in_december >= {december} AND share >= {share}""",
    members="j.organization_name_code = c.organization AND year(j.award_date) = c.year "
    "AND month(j.award_date) = 12",
)
