"""Purchases in a mode whose limit they exceed."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="over-limit",
    title="Over the limit of its mode",
    question="Which purchases were made in a mode whose legal limit their budget exceeds?",
    formula="Approved budget (ABC) greater than the greatest limit that is possible for the mode, the kind "
    "of buyer and the day of the notice.",
    source="The limits of /limits/.",
    caution="A notice of several lots has one budget for all of them. Where the income class is not known, "
    "the limit of the richest class is taken, so that some that exceed theirs are not found.",
    fields=("approved_budget", "publish_date", "procurement_mode", "organization_name"),
    figures=(
        Figure(name="legal_limit", label="Limit", type=FieldType.MONEY),
        Figure(name="budget", label="Approved budget", type=FieldType.MONEY),
    ),
    needed="approved_budget > 0 AND top IS NOT NULL",
    cases="""
SELECT id, approved_budget / top AS strength, top AS legal_limit, approved_budget AS budget
FROM {judged} WHERE approved_budget > top""",
    by_limits=True,
)
