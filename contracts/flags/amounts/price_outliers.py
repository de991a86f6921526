"""Contracts that cost many times what others of the same title do."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="price-outliers",
    title="Many times the usual amount",
    question="Which contracts cost many times what others of the same title and category do?",
    formula="Among contracts with the same award title and category: modified z = "
    "(ln amount - median) / (1.4826 * MAD of the logarithms), and the amount over that of the "
    "median.",
    source="B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers (1993): a modified z above 3.5.",
    caution="Titles say nothing of quantities: a large order costs more than a small one of the same thing.",
    fields=("award_title", "business_category", "contract_amount"),
    thresholds=(
        Threshold(name="least", value=10, meaning="contracts of the title, at least"),
        Threshold(name="z", value=3.5, meaning="modified z, at least"),
        Threshold(name="times", value=10, meaning="times the usual amount, at least"),
        Threshold(
            name="spread", value=0.1, meaning="the least spread of logarithms, so that equal prices have one"
        ),
    ),
    figures=(
        Figure(name="usual", label="Usual amount", type=FieldType.MONEY),
        Figure(name="like", label="Of the same title", type=FieldType.INTEGER),
    ),
    needed="award_title IS NOT NULL AND business_category IS NOT NULL",
    cases="""
WITH priced AS (
    SELECT id, hash(award_title, business_category_code) AS kind,
        ln(contract_amount::DOUBLE) AS size
    FROM {judged}
), middles AS (
    SELECT kind, median(size) AS middle, count(*) AS alike FROM priced GROUP BY 1 HAVING count(*) >= {least}
), spreads AS (
    SELECT kind, any_value(middle) AS middle, any_value(alike) AS alike,
        greatest(1.4826 * median(abs(size - middle)), {spread}) AS spread
    FROM priced JOIN middles USING (kind) GROUP BY kind
)
SELECT id, (size - middle) / spread AS strength, exp(middle)::DECIMAL(18,2) AS usual, alike AS "like"
FROM priced JOIN spreads USING (kind)
WHERE size - middle >= ln({times}) AND (size - middle) / spread >= {z}""",
    alike=("hash(award_title, business_category_code)", 10),
)
