"""A raw file with known anomalies among contracts with a season and a trend, and their answer key.

Knows nothing of how anomalies are found: what is unusual is decided here alone.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from tools.sample.suspects import BIDDING, SUPPLIERS, Award, write_awards

FILE, KEY = "2023-unusual.csv", "anomalies-key.json"
FIRST_YEAR, MONTHS = 2018, 72
NUMBERS_FROM = 1_000_000
"""Above the numbers of other planted files, so that they can be imported together."""
BUYERS = (
    *(f"BUREAU OF SEASONS, REGION {number}" for number in range(1, 17)),
    *(f"MUNICIPALITY OF TRENDS {number}" for number in range(1, 9)),
)
CATEGORIES = tuple(f"Goods of Sort {number}" for number in range(1, 21))
EACH = 10
"""Contracts of a buyer in a month of the first year, on average."""
SPREAD = 0.5
"""Of the natural logarithms of amounts of a category."""
SEASON = (0.7, 0.8, 0.9, 1.0, 1.1, 1.1, 1.0, 1.0, 0.9, 1.1, 1.3, 1.6)
GROWTH = 1.06
"""From one year to the next."""

Series = tuple[str, str]
"""``organization`` or ``category``, and its name."""


@dataclass
class Book:
    """The awards, and what is planted: months and steps as (of, name, month), amounts as award numbers.
    ``follows`` are the months that an amount alone makes unusual."""

    rng: random.Random
    awards: list[Award] = field(default_factory=list)
    month: list[tuple[str, str, str]] = field(default_factory=list)
    level: list[tuple[str, str, str]] = field(default_factory=list)
    amount: list[str] = field(default_factory=list)
    follows: list[tuple[str, str, str]] = field(default_factory=list)

    def buy(self, buyer: str, category: str, month: int, *, times: float = 1.0) -> Award:
        """An award of its category's usual amount, more or less."""
        day = date(FIRST_YEAR + month // 12, month % 12 + 1, self.rng.randint(1, 28))
        usual = 80_000 * 1.05 ** CATEGORIES.index(category)
        amount = max(1, round(100 * times * usual * math.exp(self.rng.gauss(0, SPREAD))))
        number = NUMBERS_FROM + len(self.awards) + 1
        award = Award(
            number=number,
            buyer=buyer,
            supplier=self.rng.choice(SUPPLIERS),
            title=f"Supply of Goods, Lot {number}",
            category=category,
            mode=BIDDING,
            budget=round(amount * 1.05),
            amount=amount,
            publish=day - timedelta(days=30),
            closing=day - timedelta(days=15),
            day=day,
        )
        self.awards.append(award)
        return award


def write_unusual(folder: Path, *, seed: int, planted: bool = True) -> Path:
    """Write FILE into ``folder`` and KEY beside it."""
    book = Book(random.Random(f"{seed}/unusual"))
    plan = _plan(book) if planted else {}
    for month in range(MONTHS):
        for buyer in BUYERS:
            for category in CATEGORIES:
                both = ("organization", buyer), ("category", category)
                times = math.prod(plan.get((one, month), 1) for one in both)
                for _ in range(_draw_count(book.rng, month, times)):
                    book.buy(buyer, category, month)
    if planted:
        _plant_amounts(book)
    # What comes in after the files were made: the month is not over.
    book.buy(BUYERS[0], CATEGORIES[0], MONTHS)
    key = {name: getattr(book, name) for name in ("month", "level", "amount", "follows")}
    return write_awards(folder, FILE, book.awards, key_file=KEY, key=key)


def _draw_count(rng: random.Random, month: int, times: float) -> int:
    """How many contracts of one buyer and category there are in a month."""
    mean: float = times * EACH / len(CATEGORIES) * SEASON[month % 12] * GROWTH ** (month / 12)
    whole = int(mean)
    return whole + (rng.random() < mean - whole)


def _plan(book: Book) -> dict[tuple[Series, int], float]:
    """Times of their usual number of contracts, for months of series; each series has one thing at most."""
    rng = book.rng
    buyers = [("organization", name) for name in rng.sample(BUYERS, len(BUYERS))]
    categories = [("category", name) for name in rng.sample(CATEGORIES, len(CATEGORIES))]
    plan: dict[tuple[Series, int], float] = {}
    for of, name in [*(buyers.pop() for _ in range(9)), *(categories.pop() for _ in range(4))]:
        month = rng.randrange(MONTHS)
        # A category falls to nothing less easily: all buyers would have to agree.
        times = rng.choice((5, 6, 8, 0.1)) if of == "organization" else rng.choice((5, 6, 8))
        plan[(of, name), month] = times
        book.month.append((of, name, _say(month)))
    for of, name in [*(buyers.pop() for _ in range(4)), *(categories.pop() for _ in range(2))]:
        start, times = rng.randrange(15, MONTHS - 15), rng.choice((4, 5, 6))
        plan.update({((of, name), month): times for month in range(start, MONTHS)})
        book.level.append((of, name, _say(start)))
    return plan


def _plant_amounts(book: Book) -> None:
    """Amounts 20 to 100 times the usual one, and slips of a thousand, both ways."""
    rng = book.rng
    for place in rng.sample(range(len(book.awards)), 40):
        award = book.awards[place]
        usual = 8_000_000 * 1.05 ** CATEGORIES.index(award.category)
        amounts = (usual * rng.uniform(20, 100), award.amount * 1000, award.amount / 1000)
        amount = round(rng.choices(amounts, (20, 10, 10))[0])
        book.awards[place] = replace(award, amount=amount, budget=round(amount * 1.05))
        book.amount.append(str(8_000_000 + award.number))
        if amount > award.amount:
            month = f"{award.day:%Y-%m}"
            book.follows += [("organization", award.buyer, month), ("category", award.category, month)]


def _say(month: int) -> str:
    return f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02}"
