"""Purchases that stay under a limit one by one, and exceed it together."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="split-purchases",
    title="Split purchases",
    question="Which buyer bought from which supplier in pieces, each under the limit, and over it together?",
    formula="Notices of one buyer to one supplier in modes with a limit, each with a budget up to the limit "
    "and no more than a week after the one before, whose budgets together exceed it.",
    source="RA 12009, IRR Section 39.1 (before: RA 9184, revised IRR, Section 54.1): contracts must not be "
    "split to evade competitive bidding.",
    caution="Division by unit, lot or package for budget, availability or place of delivery is allowed, and "
    "different things may be bought from one supplier in one week.",
    fields=(
        "approved_budget",
        "publish_date",
        "procurement_mode",
        "organization_name",
        "awardee_name",
        "reference_id",
    ),
    thresholds=(
        Threshold(name="days", value=7, meaning="days from one notice to the next, at most"),
        Threshold(name="least", value=3, meaning="notices, at least"),
    ),
    figures=(
        Figure(name="first_day", label="First notice", type=FieldType.DATE),
        Figure(name="last_day", label="Last notice", type=FieldType.DATE),
        Figure(name="notices", label="Notices", type=FieldType.INTEGER),
        Figure(name="together", label="Budgets together", type=FieldType.MONEY),
        Figure(name="legal_limit", label="Limit", type=FieldType.MONEY),
    ),
    keys=("organization", "contractor"),
    needed="approved_budget > 0 AND awardee_name IS NOT NULL AND top IS NOT NULL",
    # A notice with several lots repeats its budget on each award, so that notices are made one row first.
    cases="""
WITH small AS (
    SELECT organization_name_code AS organization, awardee_name_code AS contractor,
        coalesce(reference_id, id::VARCHAR) AS notice, min(publish_date) AS day,
        max(approved_budget) AS budget,
        max(top) AS legal_limit
    FROM {judged}
    WHERE approved_budget <= top GROUP BY 1, 2, 3
), steps AS (
    SELECT *, day - lag(day) OVER pair > {days} AS apart
    FROM small WINDOW pair AS (PARTITION BY organization, contractor ORDER BY day, notice)
), runs AS (
    SELECT *, count(*) FILTER (apart) OVER (PARTITION BY organization, contractor ORDER BY day, notice) AS run
    FROM steps
)
SELECT organization, contractor, min(day) AS first_day, max(day) AS last_day, count(*) AS notices,
    sum(budget)::DECIMAL(18,2) AS together, max(legal_limit) AS legal_limit,
    sum(budget)::DOUBLE / max(legal_limit)::DOUBLE AS strength
FROM runs GROUP BY organization, contractor, run
HAVING count(*) >= {least} AND sum(budget) > max(legal_limit)""",
    members="j.organization_name_code = c.organization AND j.awardee_name_code = c.contractor "
    "AND j.publish_date BETWEEN c.first_day AND c.last_day AND j.approved_budget <= c.legal_limit",
    alike=("hash(organization_name_code, awardee_name_code)", 3),
    by_limits=True,
)
