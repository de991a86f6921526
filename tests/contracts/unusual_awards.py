"""Few awards that hold one anomaly of each kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.contracts.small_stores import Award, make_award

STEADY, RISEN = "Municipality of Steady", "Municipality of Risen"
SPIKE, STEP, MONTHS = 20, 30, 60


def make_unusual() -> list[Award]:
    """Five years of two buyers, a contract each month: a month of one is 40 times the others, the other takes
    a step; and an amount that is a thousand times its like."""
    awards: list[Award] = []

    def buy(buyer: str, category: str, month: int, pesos: int) -> None:
        awards.append(
            make_award(
                len(awards) + 1,
                organization_name=buyer,
                business_category=category,
                contract_amount=Decimal(pesos),
                award_date=date(2019 + month // 12, month % 12 + 1, 15),
            )
        )

    for month in range(MONTHS):
        even = 100_000 + 5_000 * (7 * month % 5)
        buy(STEADY, f"Of {month}", month, even * (40 if month == SPIKE else 1))
        buy(RISEN, f"Of {month}", month, even * (5 if month >= STEP else 1))
    for number in range(40):
        buy(f"Barangay {number}", "Chairs", 14, 20_000_000 if number == 7 else 20_000 + 400 * number)
    # The last month is not over.
    buy("Barangay 1", "Chairs", MONTHS, 20_000)
    return awards
