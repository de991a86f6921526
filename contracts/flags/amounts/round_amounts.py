"""Buyers whose amounts are nearly all round."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="round-amounts",
    title="Round amounts",
    question="At which buyers are nearly all amounts multiples of ten thousand pesos?",
    formula="Of each buyer's contracts from 10,000 pesos on, the share whose amount is a multiple of 10,000 "
    "pesos; of all contracts it is about a sixth.",
    source="M. Nigrini, Benford's Law (Wiley 2012), round numbers as a sign of estimates.",
    caution="Small offices buy by round budgets; a price of competition is seldom round.",
    fields=("contract_amount", "organization_name"),
    thresholds=(
        Threshold(name="step", value=10_000, meaning="pesos of which a round amount is a multiple"),
        Threshold(name="least", value=20, meaning="contracts of the buyer, at least"),
        Threshold(name="share", value=0.8, meaning="of them round, at least"),
    ),
    figures=(
        Figure(name="round", label="Round", type=FieldType.INTEGER),
        Figure(name="bought", label="Contracts", type=FieldType.INTEGER),
        Figure(name="share", label="Share", type=FieldType.SHARE),
    ),
    keys=("organization",),
    needed="contract_amount >= {step} AND organization_name IS NOT NULL",
    cases="""
SELECT organization_name_code AS organization, count(*) AS bought,
    count(*) FILTER (contract_amount % {step} = 0) AS round, round / bought AS share,
    share * ln(1 + bought) AS strength
FROM {judged} GROUP BY 1 HAVING bought >= {least} AND share >= {share}""",
    members="j.organization_name_code = c.organization AND j.contract_amount % {step} = 0",
)
