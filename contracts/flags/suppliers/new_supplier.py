"""Suppliers whose first contract is large."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold

FLAG = Flag(
    code="new-supplier",
    title="Large first contract",
    question="Which suppliers that nobody had heard of got a large contract at once?",
    formula="The first award to a name, a year or more after the first day of the contracts that are looked "
    "at, of so many pesos.",
    source="Open Contracting Partnership, Red flags for integrity (2016): awards to new or unknown "
    "suppliers.",
    caution="A new spelling, a new joint venture and a new name of an old firm look like a newcomer. "
    "Filters by supplier or by time make newcomers of others.",
    fields=("award_date", "awardee_name", "contract_amount"),
    thresholds=(
        Threshold(name="pesos", value=50_000_000, meaning="pesos of the first contract, at least"),
        Threshold(name="days", value=365, meaning="days after the first of all awards, at least"),
    ),
    figures=(Figure(name="contracts_since", label="Contracts of the name", type=FieldType.INTEGER),),
    needed="award_date IS NOT NULL AND awardee_name IS NOT NULL",
    cases="""
WITH firsts AS (
    SELECT awardee_name_code AS contractor, min(award_date) AS day, arg_min(id, award_date) AS id,
        arg_min(contract_amount, award_date) AS amount, count(*) AS contracts_since
    FROM {judged} GROUP BY 1
)
SELECT id, contracts_since, amount::DOUBLE AS strength FROM firsts
WHERE amount >= {pesos} AND day >= (SELECT min(day) FROM firsts) + {days}::INTEGER""",
)
