"""A raw file with known cases of every red flag among clean contracts, and their answer key.

Knows nothing of the flags but their names: what is a case is decided here alone, from their published words.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from tools.sample.files import open_sheet
from tools.sample.layouts import S3, SLOTS

FILE, KEY = "2023-suspects.csv", "suspects-key.json"
FIRST, DAYS = date(2022, 1, 3), 700
SMALL = "Negotiated Procurement - Small Value Procurement (Sec. 53.9)"
BIDDING = "Public Bidding"
EMERGENCY = "Negotiated Procurement - Emergency Cases (Sec. 53.2)"
HOLY_WEEK = (date(2022, 4, 14), date(2022, 4, 15), date(2023, 4, 6), date(2023, 4, 7))
# With the Chinese New Year, Eid'l Fitr twice and Eid'l Adha: weekdays all of them.
MOVED = (
    *(date(2022, 2, 1), *HOLY_WEEK),
    *(date(2022, 5, 3), date(2023, 4, 21), date(2023, 6, 28)),
)
CATEGORIES = tuple(f"Supplies of Kind {number}" for number in range(1, 16))
BUYERS = tuple(f"DEPARTMENT OF TRIALS, REGION {number}" for number in range(1, 21))
SUPPLIERS = tuple(f"HONEST TRADING NO. {number}" for number in range(1, 61))


@dataclass(frozen=True, kw_only=True)
class Award:
    """One award of one line item; money in centavos. A day of None is left out."""

    number: int
    buyer: str
    supplier: str
    title: str
    category: str
    mode: str | None
    budget: int
    amount: int
    publish: date | None
    closing: date | None
    day: date
    area: str = "Metro Manila"

    def render(self) -> tuple[str, ...]:
        """The record, in the order of SLOTS."""
        texts = {
            "reference_id": str(7_000_000 + self.number),
            "notice_title": self.title,
            "publish_date": _write(self.publish),
            "closing_date": _write(self.closing),
            "organization_name": self.buyer,
            "area_of_delivery": self.area,
            "business_category": self.category,
            "approved_budget": _pesos(self.budget),
            "notice_status": "Awarded",
            "classification": "Goods",
            "procurement_mode": self.mode or "NULL",
            "award_number": str(8_000_000 + self.number),
            "award_title": self.title,
            "awardee_name": self.supplier,
            "contract_amount": _pesos(self.amount),
            "contract_number": f"S-{self.number}",
            "award_date": _write(self.day),
            "award_status": "Posted",
            "line_number": "1",
            "item_name": self.title,
            "quantity": "1",
            "unit": "Lot",
        }
        return tuple(texts.get(slot, "NULL") for slot in SLOTS)


@dataclass
class Desk:
    """Draws clean awards, and notes those that are planted."""

    rng: random.Random
    awards: list[Award] = field(default_factory=list)
    planted: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def draw(self) -> Award:
        """An award with nothing to it: on a weekday of no December, well under its budget, which is near no
        limit."""
        number = len(self.awards) + 1
        rng = self.rng
        buyer, supplier = rng.randrange(len(BUYERS)), rng.randrange(len(SUPPLIERS))
        day = self.draw_day()
        publish = day - timedelta(days=rng.randint(25, 40))
        large = rng.random() < 0.5
        budget = rng.randint(2_500_000_00, 9_000_000_00) if large else rng.randint(100_000_00, 180_000_00)
        return Award(
            number=number,
            buyer=BUYERS[buyer],
            supplier=SUPPLIERS[supplier],
            title=f"Supply of Goods, Lot {number}",
            category=CATEGORIES[supplier % 3],
            mode=BIDDING if large else SMALL,
            budget=budget,
            amount=int(budget * rng.uniform(0.86, 0.98)) | 1,
            publish=publish,
            closing=publish + timedelta(days=rng.randint(10, 20)),
            day=day,
        )

    def draw_day(self) -> date:
        while True:
            day = FIRST + timedelta(days=self.rng.randrange(DAYS))
            closed = day in MOVED or (day.month, day.day) == (11, 1)
            if day.weekday() < 5 and day.month not in (1, 12) and not closed:
                return day

    def add(self, award: Award, *flags: str) -> None:
        award = replace(award, number=len(self.awards) + 1)
        self.awards.append(award)
        for flag in flags:
            self.planted[flag].append(str(8_000_000 + award.number))


def write_suspects(folder: Path, *, seed: int, clean: int = 2_000, planted: bool = True) -> Path:
    """Write FILE into ``folder`` and KEY beside it: flag -> the award numbers of its cases."""
    desk = Desk(random.Random(f"{seed}/suspects"))
    for _ in range(clean):
        desk.add(desk.draw())
    if planted:
        for plant in PLANTS:
            plant(desk)
    key = {flag: sorted(numbers) for flag, numbers in sorted(desk.planted.items())}
    return write_awards(folder, FILE, desk.awards, key_file=KEY, key=key)


def write_awards(folder: Path, file: str, awards: Iterable[Award], *, key_file: str, key: object) -> Path:
    """Write ``awards`` into a raw file, and what is planted among them beside it."""
    path = folder / file
    with open_sheet(path) as sheet:
        sheet.write([S3.header])
        sheet.write(S3.pick(award.render()) for award in awards)
    (folder / key_file).write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    return path


def _spaced(first: date, step: int, count: int) -> Iterator[date]:
    """Weekdays so many days apart."""
    for place in range(count):
        day = first + timedelta(days=step * place)
        yield day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)


def _at(award: Award, day: date) -> Award:
    """The award on another day, its notice a month before."""
    publish = day - timedelta(days=30)
    return replace(award, day=day, publish=publish, closing=publish + timedelta(days=14))


def _small(award: Award, pesos: int) -> Award:
    return replace(award, mode=SMALL, budget=pesos * 100, amount=int(pesos * 95) | 1)


def _large(award: Award, pesos: int, *, mode: str = BIDDING) -> Award:
    return replace(award, mode=mode, budget=pesos * 100, amount=int(pesos * 95) | 1)


def plant_just_under(desk: Desk) -> None:
    for buyer, limit in (("BUREAU OF LIMITS", 1_000_000), ("BARANGAY EDGE, TANZA", 50_000)):
        for place, day in enumerate(_spaced(date(2022, 3, 1), 21, 8)):
            award = replace(_at(_small(desk.draw(), int(limit * (0.96 + place / 250))), day), buyer=buyer)
            desk.add(replace(award, supplier=SUPPLIERS[place]), "just-under-limit")


def plant_over_limit(desk: Desk) -> None:
    for pesos in (250_000, 380_000, 1_900_000):
        award = replace(_small(desk.draw(), pesos), buyer="MUNICIPALITY OF BEYOND, BOHOL")
        desk.add(award, "over-limit")


def plant_split(desk: Desk) -> None:
    for place, day in enumerate(_spaced(date(2022, 5, 2), 3, 4)):
        award = _at(_small(desk.draw(), 400_000 + 1_300 * place), day)
        desk.add(replace(award, buyer="BUREAU OF PIECES", supplier="PIECEMEAL TRADING"), "split-purchases")


def plant_split_by_category(desk: Desk) -> None:
    for place, day in enumerate(_spaced(date(2022, 9, 5), 2, 6)):
        award = _at(_small(desk.draw(), 400_000 + 1_700 * place), day)
        award = replace(award, buyer="BUREAU OF LOTS", supplier=SUPPLIERS[place], category=CATEGORIES[8])
        desk.add(award, "split-by-category")


def plant_budgets(desk: Desk) -> None:
    for _ in range(3):
        award = _large(desk.draw(), 4_000_000)
        desk.add(replace(award, amount=int(award.budget * 1.1)), "over-budget")
    for place in range(12):
        award = _large(desk.draw(), 3_000_000 + 77_000 * place)
        award = replace(award, buyer="BUREAU OF CEILINGS", supplier=SUPPLIERS[place])
        desk.add(replace(award, amount=int(award.budget * 0.998)), "at-budget")


def plant_days(desk: Desk) -> None:
    for _ in range(3):
        award = _large(desk.draw(), 5_000_000)
        desk.add(replace(award, closing=award.day + timedelta(days=3)), "award-before-closing")
        publish = award.day - timedelta(days=20)
        desk.add(
            replace(award, title=f"{award.title} B", publish=publish, closing=publish + timedelta(days=2)),
            "short-notice",
        )
    for day in (date(2022, 7, 9), date(2023, 7, 16), date(2023, 11, 1), date(2022, 12, 25), *MOVED):
        desk.add(_at(desk.draw(), day), "weekend-award")


def plant_year_end(desk: Desk) -> None:
    for place, day in enumerate(_spaced(date(2022, 12, 1), 2, 8)):
        award = replace(_at(_large(desk.draw(), 8_000_000), day), buyer="BUREAU OF DECEMBER")
        desk.add(replace(award, supplier=SUPPLIERS[place]), "year-end-rush")
    for place, day in enumerate(_spaced(date(2022, 3, 1), 30, 6)):
        award = replace(_at(_large(desk.draw(), 2_600_000), day), buyer="BUREAU OF DECEMBER")
        desk.add(replace(award, supplier=SUPPLIERS[20 + place]))


def plant_repeats(desk: Desk) -> None:
    for day in _spaced(date(2022, 2, 1), 45, 5):
        award = _at(_small(desk.draw(), 130_000), day)
        award = replace(award, buyer="BUREAU OF ECHOES", supplier="ECHO SUPPLIES", amount=123_456_78)
        desk.add(award, "equal-amounts")
    for _ in range(2):
        award = desk.draw()
        desk.add(award, "duplicate-awards")
        desk.add(replace(award, title=award.title.upper()), "duplicate-awards")


def plant_prices(desk: Desk) -> None:
    for place in range(14):
        award = replace(_small(desk.draw(), 105_000 + 700 * place), title="Laptop Computers for Schools")
        desk.add(replace(award, category=CATEGORIES[0]))
    award = replace(_large(desk.draw(), 6_000_000), title="Laptop Computers for Schools")
    desk.add(replace(award, category=CATEGORIES[0]), "price-outliers")


def plant_digits(desk: Desk) -> None:
    for place in range(25):
        pesos = 30_000 + 10_000 * place
        award = replace(_small(desk.draw(), pesos), buyer="PROVINCE OF ROUND NUMBERS")
        desk.add(
            replace(award, supplier=SUPPLIERS[place], amount=pesos * 100, budget=pesos * 103), "round-amounts"
        )
    for place in range(330):
        award = replace(_small(desk.draw(), 60_000), buyer="BUREAU OF FIFTY-FIVES")
        award = replace(award, supplier=SUPPLIERS[place % 60], amount=55_000_00 + 531 * place)
        desk.add(award, "benford")


def plant_suppliers(desk: Desk) -> None:
    for place in range(10):
        award = replace(_large(desk.draw(), 6_000_000 + 31_000 * place), buyer="BUREAU OF ONE FRIEND")
        desk.add(replace(award, supplier="FRIEND CONSTRUCTION"), "supplier-share")
    for place in range(15):
        award = replace(_small(desk.draw(), 110_000 + 900 * place), buyer="BUREAU OF ONE FRIEND")
        desk.add(replace(award, supplier=SUPPLIERS[place]))
    for place in range(32):
        award = replace(_large(desk.draw(), 2_700_000 + 17_000 * place), buyer="BUREAU OF TWO FRIENDS")
        desk.add(replace(award, supplier=f"FRIEND NUMBER {place % 2 + 1}"), "concentration")


def plant_modes(desk: Desk) -> None:
    for place in range(12):
        award = _large(desk.draw(), 5_000_000 + 53_000 * place, mode=EMERGENCY)
        desk.add(replace(award, buyer="BUREAU OF EMERGENCIES", supplier=SUPPLIERS[place]), "negotiated-share")
    for place in range(22):
        award = replace(desk.draw(), buyer="BUREAU OF SILENCE", supplier=SUPPLIERS[place])
        award = replace(award, publish=None, closing=None, mode=None, area="NULL")
        desk.add(award, "missing-fields")


def plant_strangers(desk: Desk) -> None:
    award = _at(_large(desk.draw(), 90_000_000), date(2023, 10, 4))
    desk.add(replace(award, supplier="NEWBORN CONSTRUCTION"), "new-supplier")
    for place, category in enumerate(CATEGORIES):
        award = replace(desk.draw(), supplier="ANYTHING AND EVERYTHING TRADING", category=category)
        desk.add(replace(award, buyer=BUYERS[place]), "many-trades")
    for supplier in ("ALPHA BUILDERS / BETA WORKS", "ALPHA BUILDERS"):
        award = replace(_large(desk.draw(), 7_000_000), supplier=supplier, buyer="BUREAU OF VENTURES")
        desk.add(award, "joint-ventures")


PLANTS = (
    *(plant_just_under, plant_over_limit, plant_split, plant_split_by_category, plant_budgets),
    *(plant_days, plant_year_end),
    *(plant_repeats, plant_prices, plant_digits, plant_suppliers, plant_modes, plant_strangers),
)


def _write(day: date | None) -> str:
    return "NULL" if day is None else day.isoformat()


def _pesos(centavos: int) -> str:
    return f"{centavos // 100}.{centavos % 100:02d}"
