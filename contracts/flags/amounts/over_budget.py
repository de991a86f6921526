"""Contracts that cost more than was approved."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="over-budget",
    title="More than the approved budget",
    question="Which contracts cost more than the budget that was approved for them?",
    formula="Contract amount greater than the approved budget of the contract (ABC).",
    source="RA 9184, Section 31: the approved budget is the ceiling for bid prices.",
    caution="A budget that was typed wrong looks the same; budgets that were raised later are not in the "
    "data.",
    fields=("approved_budget", "contract_amount"),
    figures=(Figure(name="budget", label="Approved budget", type=FieldType.MONEY),),
    needed="approved_budget > 0",
    cases="""
SELECT id, contract_amount / approved_budget AS strength, approved_budget AS budget
FROM {judged} WHERE contract_amount > approved_budget""",
)
