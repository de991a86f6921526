"""Drawing one file's notices and writing them as records of text. Knows no faults and no answer key."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import NamedTuple

from tools.sample import distribution as facts
from tools.sample import vocabulary as words
from tools.sample.categories import CATEGORIES, Category
from tools.sample.layouts import AWARD_SLOTS
from tools.sample.market import Lottery, Market
from tools.sample.notation import DayTexts, as_date, as_day
from tools.sample.plan import FilePlan
from tools.sample.profiles import (
    Record,
    make_items,
    make_profiles,
    make_stems,
    make_tails,
    spread_lines,
    without_award,
)

KINDS = tuple(facts.SIGMA)
EVIDENCE_DAY = 21
"""A day of the month that can be no month: it tells the order of day and month."""


class Notice(NamedTuple):
    """A bid notice and, where ``number`` is not empty, its award. Money is centavos, days count from 1970."""

    reference: str
    number: str
    title: str
    award_title: str
    category: str
    organization: str
    area: str
    awardee: str
    contract_number: str
    centavos: int
    budget: int
    day: int
    publish: int
    closing: int
    lines: int
    profile: Record


class NoticeDesk:
    """Draws the notices of the ``number``-th file and writes them with its habits."""

    def __init__(
        self, plan: FilePlan, number: int, *, market: Market, lines_per_award: float, rng: random.Random
    ) -> None:
        self.plan, self.market, self.rng = plan, market, rng
        first, last = as_day(plan.first), as_day(plan.last)
        self.days = Lottery(range(first, last + 1), [weigh_day(day) for day in range(first, last + 1)])
        self.texts = DayTexts(plan.notation, first - 200, last + 200)
        self._next = 2_000_000 + number * 10_000_000
        self._lines = spread_lines(lines_per_award)
        self._profiles = {kind: make_profiles(kind, plan.notation.null, rng) for kind in KINDS}
        self._unawarded = {
            kind: [without_award(row, plan.notation.null) for row in self._profiles[kind]] for kind in KINDS
        }
        self._stems = {category.name: make_stems(category) for category in CATEGORIES}
        self._tails = make_tails(rng)
        self._items = make_items(rng)
        self._no_award = (plan.notation.null,) * len(AWARD_SLOTS)
        self.shifted = 0
        self._write_money = plan.notation.write_money
        self._unproven = plan.notation.dates.slashed

    def draw_award(self) -> Notice:
        random_ = self.rng.random
        category = self.market.categories.at(random_())
        organization, factor = self.market.draw_buyer(category, self.rng)
        centavos = self.market.draw_amount(category, factor, self.rng)
        day = self.days.at(random_())
        publish = day - 15 - int(random_() * 40)
        if self._unproven:
            publish, self._unproven = prove_order(publish), False
        serial = self._next
        self._next += 1
        area = self.market.areas.at(random_())
        title = self._draw_title(category, area, serial)
        profiles = self._profiles[category.kind]
        return Notice(
            reference=str(serial),
            number=str(serial + 500_000_000),
            title=title,
            award_title=title if random_() < 0.7 else title.upper(),
            category=category.name,
            organization=organization,
            area=area,
            awardee=self.market.draw_supplier(category, self.rng),
            contract_number=f"PO # {serial % 10_000:04d}"
            if random_() < 0.6
            else f"{day % 100:02d}EG{serial % 9973:04d}",
            centavos=centavos,
            budget=draw_budget(centavos, random_()),
            day=day,
            publish=publish,
            closing=publish + 8,
            lines=self._lines[int(random_() * len(self._lines))],
            profile=profiles[int(random_() * len(profiles))],
        )

    def draw_unawarded(self) -> Notice:
        random_ = self.rng.random
        category = self.market.categories.at(random_())
        organization, factor = self.market.draw_buyer(category, self.rng)
        publish = self.days.at(random_())
        serial = self._next
        self._next += 1
        area = self.market.areas.at(random_())
        profiles = self._unawarded[category.kind]
        return Notice(
            reference=str(serial),
            number="",
            title=self._draw_title(category, area, serial),
            award_title="",
            category=category.name,
            organization=organization,
            area=area,
            awardee="",
            contract_number="",
            centavos=0,
            budget=self.market.draw_amount(category, factor, self.rng),
            day=0,
            publish=publish,
            closing=publish + 8,
            lines=self._lines[int(random_() * len(self._lines))],
            profile=profiles[int(random_() * len(profiles))],
        )

    def render(self, notice: Notice) -> list[Record]:
        """The notice's line items as records in the order of ``SLOTS``."""
        shared = self._render_notice(notice) + notice.profile
        shared += self._render_award(notice) if notice.number else self._no_award
        items, random_ = self._items, self.rng.random
        each = self._write_money(notice.budget // notice.lines)
        return [
            (*shared, str(line), each, *items[int(random_() * len(items))])
            for line in range(1, notice.lines + 1)
        ]

    def render_award_day(self, day: int) -> str:
        if self.plan.notation.utc and self.rng.random() < 0.04:
            self.shifted += 1
            return self.texts.shifted[day - self.texts.first]
        return self.texts.plain[day - self.texts.first]

    def _draw_title(self, category: Category, area: str, serial: int) -> str:
        random_ = self.rng.random
        stems = self._stems[category.name]
        stem = stems[int(random_() * len(stems))]
        if category.kind == "works":
            return f"{stem}, {self._tails[int(random_() * len(self._tails))]}, {area or 'Philippines'}"
        purpose = words.PURPOSES[int(random_() * len(words.PURPOSES))]
        return f"{stem} {purpose}" if random_() < 0.5 else f"{stem} {purpose} (PR No. {serial % 100_000:05d})"

    def _render_notice(self, notice: Notice) -> Record:
        null, first, plain = self.plan.notation.null, self.texts.first, self.texts.plain
        return (
            notice.reference,
            f"SB-{notice.reference[-5:]}",
            notice.title,
            plain[notice.publish - first],
            self.texts.closing[notice.closing - first],
            plain[notice.publish + 4 - first],
            notice.organization,
            notice.area or null,
            notice.category,
            self._write_money(notice.budget),
            "Awarded" if notice.number else "Closed",
        )

    def _render_award(self, notice: Notice) -> Record:
        place, plain = notice.day - self.texts.first, self.texts.plain
        return (
            notice.number,
            notice.award_title,
            notice.awardee,
            self._write_money(notice.centavos),
            notice.contract_number,
            plain[place + 3],
            self.render_award_day(notice.day),
            plain[place + 5],
            plain[place + 7],
            plain[place + 97],
            "Posted",
            notice.awardee,
        )


def weigh_day(day: int) -> float:
    """How many awards fall on this day, against others."""
    moment = as_date(day)
    return facts.MONTHS[moment.month - 1] * (facts.WEEKEND_WEIGHT if moment.weekday() > 4 else 1.0)


def prove_order(day: int) -> int:
    """The latest day up to ``day`` whose number in the month cannot be taken for a month."""
    moment = as_date(day)
    if moment.day < EVIDENCE_DAY:
        moment = moment.replace(day=1) - timedelta(days=1)
    return as_day(moment.replace(day=EVIDENCE_DAY))


def draw_budget(centavos: int, point: float) -> int:
    """An approved budget at or above the amount: equal, a round sum a little above, or 2 % above."""
    if point < 0.35:
        return centavos
    if point < 0.45:
        return round(centavos / 0.98)
    return -int(-centavos * (1 + (point - 0.45) * 0.3) // 100_000) * 100_000
