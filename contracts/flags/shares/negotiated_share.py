"""Buyers that buy what is large without bidding."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="negotiated-share",
    title="Large purchases without bidding",
    question="Which buyers make most of their large purchases without competitive bidding?",
    formula="Of each buyer's contracts with a budget above every limit of small value, the share that was "
    "not bid for publicly.",
    source="RA 9184, Section 10, and RA 12009: all procurement is done through competitive bidding, with "
    "exceptions.",
    caution="Emergencies, agreements between agencies and goods with one maker are among the exceptions.",
    fields=("procurement_mode", "approved_budget", "contract_amount", "organization_name"),
    thresholds=(
        Threshold(
            name="above",
            value=2_000_000,
            meaning="pesos of the budget, above which nothing is of small value",
        ),
        Threshold(name="least", value=10, meaning="such contracts of the buyer, at least"),
        Threshold(name="share", value=0.8, meaning="of them without bidding, at least"),
    ),
    figures=(
        Figure(name="negotiated", label="Without bidding", type=FieldType.INTEGER),
        Figure(name="bought", label="Large contracts", type=FieldType.INTEGER),
        Figure(name="share", label="Share", type=FieldType.SHARE),
    ),
    keys=("organization",),
    needed="procurement_mode IS NOT NULL AND organization_name IS NOT NULL "
    "AND coalesce(approved_budget, contract_amount) > {above}",
    cases="""
SELECT organization_name_code AS organization, count(*) AS bought,
    count(*) FILTER (NOT contains(lower(procurement_mode), 'bidding')) AS negotiated,
    negotiated / bought AS share, share * ln(1 + bought) AS strength
FROM {judged} GROUP BY 1 HAVING bought >= {least} AND share >= {share}""",
    members="j.organization_name_code = c.organization "
    "AND NOT contains(lower(j.procurement_mode), 'bidding')",
)
