"""Suppliers that sell everything."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="many-trades",
    title="Sells everything",
    question="Which suppliers win contracts in so many categories that nobody can be at home in all of them?",
    formula="The number of business categories that a supplier has contracts of, none of which has more "
    "than three tenths of them.",
    source="Open Contracting Partnership, Cardinal, indicator R048 (heterogeneous supplier).",
    caution="General merchants and trading houses sell many things by trade.",
    fields=("business_category", "awardee_name"),
    thresholds=(
        Threshold(name="categories", value=12, meaning="categories, at least"),
        Threshold(name="share", value=0.3, meaning="share of the largest category, at most"),
    ),
    figures=(
        Figure(name="categories", label="Categories", type=FieldType.INTEGER),
        Figure(name="share", label="Largest category", type=FieldType.SHARE),
        Figure(name="sold", label="Contracts", type=FieldType.INTEGER),
    ),
    keys=("contractor",),
    needed="business_category IS NOT NULL AND awardee_name IS NOT NULL",
    cases="""
WITH trades AS (
    SELECT awardee_name_code AS contractor, business_category_code AS category, count(*) AS times
    FROM {judged} GROUP BY 1, 2
)
SELECT contractor, count(*) AS categories, sum(times)::BIGINT AS sold,
    max(times) / sum(times)::DOUBLE AS share,
    count(*) AS strength
FROM trades GROUP BY 1 HAVING count(*) >= {categories} AND max(times) / sum(times)::DOUBLE <= {share}""",
    members="j.awardee_name_code = c.contractor",
    alike=("awardee_name_code", 12),
)
