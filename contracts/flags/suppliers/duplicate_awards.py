"""One award under two numbers."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="duplicate-awards",
    title="The same award twice",
    question="Which awards stand twice, under two numbers?",
    formula="Same buyer, supplier, title (case and blanks aside), amount to the centavo and day of the "
    "award, and different award numbers.",
    source="Own formula; double payment is a scheme of the World Bank's Fraud and Corruption Awareness "
    "Handbook.",
    caution="Equal lots of one notice are awarded alike, and files repeat awards under new numbers.",
    fields=(
        "award_number",
        "award_title",
        "award_date",
        "contract_amount",
        "awardee_name",
        "organization_name",
    ),
    figures=(
        Figure(name="amount", label="Amount", type=FieldType.MONEY),
        Figure(name="day", label="Day of the award", type=FieldType.DATE),
        Figure(name="numbers", label="Award numbers", type=FieldType.INTEGER),
    ),
    keys=("organization", "contractor"),
    needed="award_number IS NOT NULL AND award_title IS NOT NULL AND award_date IS NOT NULL "
    "AND awardee_name IS NOT NULL AND organization_name IS NOT NULL",
    cases="""
SELECT organization_name_code AS organization, awardee_name_code AS contractor, contract_amount AS amount,
    award_date AS day, lower(trim(award_title)) AS title, count(DISTINCT award_number) AS numbers,
    contract_amount::DOUBLE AS strength
FROM {judged} GROUP BY ALL HAVING count(DISTINCT award_number) >= 2""",
    members="j.organization_name_code = c.organization AND j.awardee_name_code = c.contractor "
    "AND j.contract_amount = c.amount AND j.award_date = c.day AND lower(trim(j.award_title)) = c.title",
    alike=("hash(organization_name_code, awardee_name_code, contract_amount, award_date)", 2),
)
