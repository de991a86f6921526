"""Biddings that were open for few days."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="short-notice",
    title="Few days to bid",
    question="Which biddings closed so soon after the notice that hardly anybody could bid?",
    formula="Days from the publication of the notice to its closing date, of public biddings.",
    source="RA 9184, revised IRR of 2016, Section 21.2.1: an invitation to bid is posted for seven "
    "calendar days.",
    caution="The day of publication may be that of a later version of the notice.",
    fields=("publish_date", "closing_date", "procurement_mode"),
    thresholds=(Threshold(name="days", value=7, meaning="days from notice to closing; fewer are flagged"),),
    figures=(Figure(name="open", label="Days open", type=FieldType.INTEGER),),
    # A closing before the notice is a wrong date, and says nothing of how long one could bid.
    needed="closing_date >= publish_date AND contains(lower(procurement_mode), 'bidding')",
    cases="""
SELECT id, closing_date - publish_date AS open, contract_amount::DOUBLE AS strength
FROM {judged} WHERE closing_date - publish_date < {days}""",
)
