"""Purchases of one category that stay under a limit one by one, go to several suppliers, and exceed it
together."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="split-by-category",
    title="Split purchases among suppliers",
    question="Which buyer bought things of one category in pieces from several suppliers, each under the "
    "limit, and over it together?",
    formula="Notices of one buyer in one business category in modes with a limit, to two suppliers or more, "
    "each with a budget up to the limit and no more than three days after the one before, whose budgets "
    "together exceed twice the limit.",
    source="RA 12009, IRR Section 39.1 (before: RA 9184, revised IRR, Section 54.1): contracts must not be "
    "split to evade competitive bidding.",
    caution="A category holds many different things, and a large buyer buys some of them every day: whether "
    "these belonged together, only their titles say.",
    fields=(
        "approved_budget",
        "publish_date",
        "procurement_mode",
        "organization_name",
        "business_category",
        "awardee_name",
        "reference_id",
    ),
    thresholds=(
        Threshold(name="days", value=3, meaning="days from one notice to the next, at most"),
        Threshold(name="least", value=4, meaning="notices, at least"),
        Threshold(name="suppliers", value=2, meaning="suppliers, at least"),
        Threshold(name="times", value=2, meaning="times the limit that the budgets together exceed"),
    ),
    figures=(
        Figure(name="first_day", label="First notice", type=FieldType.DATE),
        Figure(name="last_day", label="Last notice", type=FieldType.DATE),
        Figure(name="notices", label="Notices", type=FieldType.INTEGER),
        Figure(name="suppliers", label="Suppliers", type=FieldType.INTEGER),
        Figure(name="together", label="Budgets together", type=FieldType.MONEY),
        Figure(name="legal_limit", label="Limit", type=FieldType.MONEY),
    ),
    keys=("organization", "category"),
    needed="approved_budget > 0 AND awardee_name IS NOT NULL AND business_category IS NOT NULL "
    "AND publish_date IS NOT NULL AND top IS NOT NULL",
    # A notice with several lots repeats its budget on each award, so that notices are made one row first; of
    # their suppliers the first stands for all, as lots of one notice were bid for together.
    cases="""
WITH small AS (
    SELECT organization_name_code AS organization, business_category_code AS category,
        coalesce(reference_id, id::VARCHAR) AS notice, min(publish_date) AS day,
        min(awardee_name_code) AS supplier, max(approved_budget) AS budget, max(top) AS legal_limit
    FROM {judged}
    WHERE approved_budget <= top GROUP BY 1, 2, 3
), steps AS (
    SELECT *, day - lag(day) OVER trade > {days} AS apart
    FROM small WINDOW trade AS (PARTITION BY organization, category ORDER BY day, notice)
), runs AS (
    SELECT *, count(*) FILTER (apart) OVER (PARTITION BY organization, category ORDER BY day, notice) AS run
    FROM steps
)
SELECT organization, category, min(day) AS first_day, max(day) AS last_day, count(*) AS notices,
    count(DISTINCT supplier) AS suppliers, sum(budget)::DECIMAL(18,2) AS together,
    max(legal_limit) AS legal_limit, sum(budget)::DOUBLE / max(legal_limit)::DOUBLE AS strength
FROM runs GROUP BY organization, category, run
HAVING count(*) >= {least} AND count(DISTINCT supplier) >= {suppliers}
    AND sum(budget) > {times} * max(legal_limit)""",
    members="j.organization_name_code = c.organization AND j.business_category_code = c.category "
    "AND j.publish_date BETWEEN c.first_day AND c.last_day AND j.approved_budget <= c.legal_limit",
    alike=("hash(organization_name_code, business_category_code)", 4),
    by_limits=True,
)
