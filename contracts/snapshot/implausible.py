"""Which amounts are hardly right: the one place that says the rule, and how SQL asks by it.

1. Where an approved budget is known: the amount is more than TIMES_BUDGET times the budget, which is the most
   that bids may ask (RA 9184, Section 31; RA 12009, Section 53).
2. Where none is known: against like contracts, those of the same category and year of award (or of the
   budget, where no award is dated), at least LEAST_ALIKE of them: the amount is more than TIMES_USUAL times
   their median, and the modified z of its logarithm (B. Iglewicz and D. Hoaglin, How to Detect and Handle
   Outliers, 1993) is more than LEAST_SCORE.

A mark is no verdict: the error may be in the budget. Amounts that are too small are not marked, as they lead
no table.
"""

from __future__ import annotations

OVER_BUDGET, OVER_LIKE = "over_budget", "over_like"
"""The two values of the column; it is null where nothing speaks against the amount."""

TIMES_BUDGET = 10
TIMES_USUAL = 10
LEAST_ALIKE = 30
LEAST_SCORE = 5
# So that contracts of one price have a spread.
LEAST_SPREAD = 0.1
MAD_TO_SIGMA = 1.4826
"""Of a normal distribution, the standard deviation in median absolute deviations."""

UNKNOWN_BUDGET = "coalesce(approved_budget, 0) <= 0"
# Wider than the column: ten times the greatest amount overflows it.
MARK_BY_BUDGET = f"""CASE WHEN approved_budget > 0
    AND contract_amount > approved_budget::DECIMAL(20,2) * {TIMES_BUDGET} THEN '{OVER_BUDGET}' END"""
"""The SQL expression of the first rule, which needs no other rows: for snapshots of older programs too."""
