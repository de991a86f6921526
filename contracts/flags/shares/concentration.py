"""Buyers whose pesos go to few suppliers."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold
from contracts.flags.shares.supplier_share import PAIRS

FLAG = Flag(
    code="concentration",
    title="Few suppliers have it all",
    question="At which buyers are the pesos in the hands of few suppliers?",
    formula="The Herfindahl-Hirschman index of a buyer: the sum of the squares of its suppliers' shares in "
    "per cent, up to 10,000.",
    source="US Department of Justice and FTC, Horizontal Merger Guidelines (2010), 5.3: above 2,500 a "
    "market is highly concentrated.",
    caution="A buyer is no market: a water district that builds one dam is concentrated by nature.",
    fields=("contract_amount", "awardee_name", "organization_name"),
    thresholds=(
        Threshold(name="least", value=30, meaning="contracts of the buyer, at least"),
        Threshold(name="hhi", value=2500, meaning="index, at least"),
    ),
    figures=(
        Figure(name="hhi", label="HHI", type=FieldType.INTEGER),
        Figure(name="bought", label="Contracts", type=FieldType.INTEGER),
        Figure(name="suppliers", label="Suppliers", type=FieldType.INTEGER),
    ),
    keys=("organization",),
    needed="awardee_name IS NOT NULL AND organization_name IS NOT NULL",
    cases=PAIRS
    + """
SELECT organization, sum(times)::BIGINT AS bought, count(*) AS suppliers,
    round(10000 * sum(pesos * pesos) / (sum(pesos) * sum(pesos)))::BIGINT AS hhi, hhi AS strength
FROM pairs GROUP BY organization HAVING bought >= {least} AND hhi >= {hhi}""",
    members="j.organization_name_code = c.organization",
)
