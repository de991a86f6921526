"""The same amount again and again between the same two."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="equal-amounts",
    title="The same amount again and again",
    question="Which buyer gives which supplier contracts of exactly the same amount, notice after notice?",
    formula="Contracts of one buyer and one supplier with the same amount to the centavo, in different "
    "notices.",
    source="Own formula; repeated numbers as a test of accounts: M. Nigrini, Benford's Law (Wiley 2012), "
    "the number duplication test.",
    caution="Rents, salaries of consultants and other monthly services repeat their amount by nature.",
    fields=("contract_amount", "awardee_name", "organization_name", "reference_id"),
    thresholds=(
        Threshold(name="least", value=4, meaning="notices with the amount, at least"),
        Threshold(name="floor", value=10_000, meaning="pesos, at least"),
    ),
    figures=(
        Figure(name="amount", label="Amount", type=FieldType.MONEY),
        Figure(name="notices", label="Notices", type=FieldType.INTEGER),
    ),
    keys=("organization", "contractor"),
    needed="awardee_name IS NOT NULL AND organization_name IS NOT NULL AND reference_id IS NOT NULL",
    cases="""
SELECT organization_name_code AS organization, awardee_name_code AS contractor, contract_amount AS amount,
    count(DISTINCT reference_id) AS notices, count(DISTINCT reference_id) AS strength
FROM {judged} WHERE contract_amount >= {floor} GROUP BY ALL HAVING count(DISTINCT reference_id) >= {least}""",
    members="j.organization_name_code = c.organization AND j.awardee_name_code = c.contractor "
    "AND j.contract_amount = c.amount",
    alike=("hash(organization_name_code, awardee_name_code, contract_amount)", 4),
)
