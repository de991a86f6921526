"""Awards before the last day for bids."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="award-before-closing",
    title="Awarded before bids closed",
    question="Which contracts were awarded before the last day for bids?",
    formula="Day of the award before the closing date of the notice.",
    source="RA 9184, Sections 25 to 37: bids are opened after they have closed, and evaluated before an "
    "award.",
    caution="A date that was typed wrong looks the same, and a closing date may have been put off after the "
    "award of other lots.",
    fields=("award_date", "closing_date"),
    figures=(Figure(name="days", label="Days before closing", type=FieldType.INTEGER),),
    needed="award_date IS NOT NULL AND closing_date IS NOT NULL",
    cases="""
SELECT id, closing_date - award_date AS days, closing_date - award_date AS strength
FROM {judged} WHERE award_date < closing_date""",
)
