"""Buyers most of whose pesos go to one supplier."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

PAIRS = """
WITH pairs AS (
    SELECT organization_name_code AS organization, awardee_name_code AS contractor, count(*) AS times,
        sum(contract_amount)::DOUBLE AS pesos
    FROM {judged} GROUP BY 1, 2
)"""
"""Buyers and suppliers with what went from one to the other."""

FLAG = Flag(
    code="supplier-share",
    title="One supplier has most of it",
    question="Which buyers give most of their pesos to one supplier, although they have several?",
    formula="The share of a buyer's pesos that the supplier with most of them has.",
    source="M. Fazekas, G. Kocsis, British Journal of Political Science 50 (2020), 155-164: the winner's "
    "share of the issuer's contracts.",
    caution="One large work outweighs a hundred small purchases, and for some goods there is one supplier.",
    fields=("contract_amount", "awardee_name", "organization_name"),
    thresholds=(
        Threshold(name="least", value=20, meaning="contracts of the buyer, at least"),
        Threshold(name="suppliers", value=3, meaning="suppliers of the buyer, at least"),
        Threshold(name="times", value=5, meaning="contracts of the supplier with it, at least"),
        Threshold(name="share", value=0.7, meaning="share of the pesos, at least"),
    ),
    figures=(
        Figure(name="share", label="Share of the pesos", type=FieldType.SHARE),
        Figure(name="times", label="Contracts of the supplier", type=FieldType.INTEGER),
        Figure(name="bought", label="Contracts of the buyer", type=FieldType.INTEGER),
        Figure(name="suppliers", label="Suppliers", type=FieldType.INTEGER),
    ),
    keys=("organization", "contractor"),
    needed="awardee_name IS NOT NULL AND organization_name IS NOT NULL",
    cases=PAIRS
    + """
SELECT organization, arg_max(contractor, pesos) AS contractor, arg_max(pairs.times, pesos) AS times,
    sum(pairs.times)::BIGINT AS bought, count(*) AS suppliers, max(pesos) / sum(pesos) AS share,
    max(pesos) / sum(pesos) * ln(1 + sum(pairs.times)) AS strength
FROM pairs GROUP BY organization
HAVING sum(pairs.times) >= {least} AND count(*) >= {suppliers} AND arg_max(pairs.times, pesos) >= {times}
    AND max(pesos) / sum(pesos) >= {share}""",
    members="j.organization_name_code = c.organization AND j.awardee_name_code = c.contractor",
)
