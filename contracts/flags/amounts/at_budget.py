"""Buyers whose biddings end at the budget."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="at-budget",
    title="Biddings that end at the budget",
    question="At which buyers does nearly every bidding end at the approved budget?",
    formula="Of each buyer's biddings, the share whose amount is within 0.5 % of the approved budget (ABC) "
    "and not above it.",
    source="M. Fazekas, I. Toth, L. King, European Journal on Criminal Policy and Research 22 (2016), "
    "369-397: price to estimate as a sign of weak competition.",
    caution="Budgets are published, and some goods have set prices. Where few bid, prices stay high without "
    "any agreement.",
    fields=("approved_budget", "contract_amount", "procurement_mode", "organization_name"),
    thresholds=(
        Threshold(name="width", value=0.005, meaning="part of the budget by which an amount may be less"),
        Threshold(name="least", value=10, meaning="biddings of the buyer, at least"),
        Threshold(name="share", value=0.8, meaning="of them at the budget, at least"),
    ),
    figures=(
        Figure(name="at_budget", label="At the budget", type=FieldType.INTEGER),
        Figure(name="biddings", label="Biddings", type=FieldType.INTEGER),
        Figure(name="share", label="Share", type=FieldType.SHARE),
    ),
    keys=("organization",),
    needed="approved_budget > 0 AND organization_name IS NOT NULL "
    "AND contains(lower(procurement_mode), 'bidding')",
    cases="""
SELECT organization_name_code AS organization, count(*) AS biddings,
    count(*) FILTER (contract_amount BETWEEN approved_budget * (1 - {width}) AND approved_budget)
        AS at_budget,
    at_budget / biddings AS share, share * ln(1 + biddings) AS strength
FROM {judged} GROUP BY 1 HAVING biddings >= {least} AND share >= {share}""",
    members="j.organization_name_code = c.organization "
    "AND j.contract_amount BETWEEN j.approved_budget * (1 - {width}) AND j.approved_budget",
)
