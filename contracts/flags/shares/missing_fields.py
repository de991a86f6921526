"""Buyers that leave out what others publish."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

ASKED = (
    *("reference_id", "award_date", "publish_date", "closing_date", "awardee_name", "procurement_mode"),
    *("approved_budget", "area_of_delivery"),
)
_MISSING = " + ".join(f"({{side}}{name} IS NULL)::INTEGER" for name in ASKED)

FLAG = Flag(
    code="missing-fields",
    title="Much is left out",
    question="Which buyers leave out much of what a notice and an award should say?",
    formula=f"Of each buyer's contracts, the share of missing values among: {', '.join(ASKED)}.",
    source="Open Contracting Partnership, Red flags for integrity (2016): missing data is a flag of its own.",
    caution="The raw files of some years lack whole columns, which is nobody's fault.",
    fields=("organization_name", *ASKED),
    thresholds=(
        Threshold(name="least", value=20, meaning="contracts of the buyer, at least"),
        Threshold(name="share", value=0.3, meaning="of the values missing, at least"),
    ),
    figures=(
        Figure(name="share", label="Missing", type=FieldType.SHARE),
        Figure(name="bought", label="Contracts", type=FieldType.INTEGER),
    ),
    keys=("organization",),
    needed="organization_name IS NOT NULL",
    cases=f"""
SELECT organization_name_code AS organization, count(*) AS bought,
    sum({_MISSING.replace("{side}", "")}) / ({len(ASKED)} * bought) AS share,
    share * ln(1 + bought) AS strength
FROM {{judged}} GROUP BY 1 HAVING bought >= {{least}} AND share >= {{share}}""",
    members=f"j.organization_name_code = c.organization AND {_MISSING.replace('{side}', 'j.')} > 0",
)
