"""Awards on days on which offices are closed."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag
from contracts.law.holidays import MOVING

_MOVING = ", ".join(f"DATE '{day}'" for day in sorted({one.day for one in MOVING}))

FLAG = Flag(
    code="weekend-award",
    title="Awarded on a weekend or holiday",
    question="Which contracts were awarded on a day on which offices are closed?",
    formula="Day of the award on a Saturday, a Sunday, on 1 January, 1 November, 25 or 31 December, which "
    "never move, on Maundy Thursday or Good Friday, or on the day that was proclaimed for Eid'l Fitr (from "
    "2013 on), Eid'l Adha or the Chinese New Year (from 2012 on).",
    source="Own formula; holidays: RA 9492 (2007), Section 1, RA 9177 (2002), RA 9849 (2009), and the "
    "proclamation of each year (contracts/law/holidays.py).",
    caution="Some offices work on Saturdays. Other holidays of a proclamation, and local ones, are not "
    "counted.",
    fields=("award_date",),
    figures=(Figure(name="day", label="Day of the award", type=FieldType.DATE),),
    needed="award_date IS NOT NULL",
    cases=f"""
SELECT id, award_date AS day, contract_amount::DOUBLE AS strength
FROM {{judged}} WHERE isodow(award_date) > 5
    OR (month(award_date), day(award_date)) IN ((1, 1), (11, 1), (12, 25), (12, 31))
    OR award_date IN ({_MOVING})""",
)
