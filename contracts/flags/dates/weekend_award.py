"""Awards on days on which offices are closed."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="weekend-award",
    title="Awarded on a weekend or holiday",
    question="Which contracts were awarded on a day on which offices are closed?",
    formula="Day of the award on a Saturday, a Sunday, or 1 January, 1 November, 25 or 31 December, the "
    "holidays that never move.",
    source="Own formula; holidays: RA 9492 (2007), Section 1.",
    caution="Some offices work on Saturdays. Holidays that move (Holy Week, Eid, those of a proclamation) "
    "are not counted.",
    fields=("award_date",),
    figures=(Figure(name="day", label="Day of the award", type=FieldType.DATE),),
    needed="award_date IS NOT NULL",
    cases="""
SELECT id, award_date AS day, contract_amount::DOUBLE AS strength
FROM {judged} WHERE isodow(award_date) > 5
    OR (month(award_date), day(award_date)) IN ((1, 1), (11, 1), (12, 25), (12, 31))""",
)
