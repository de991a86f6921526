"""Drawing the second source: contracts of the flood control programme. Knows no faults and no answer key."""

from __future__ import annotations

import random
from bisect import bisect
from datetime import date

from tools.sample import distribution as facts
from tools.sample import vocabulary as words
from tools.sample.awards import Notice
from tools.sample.layouts import FLOOD, PROFILE_SLOTS, SLOTS
from tools.sample.market import Lottery, Market
from tools.sample.notation import DateStyle, Notation, as_date, as_day
from tools.sample.plan import FLOOD_FILE, FilePlan
from tools.sample.profiles import Record

KINDS = (
    "Construction of Flood Mitigation Structure",
    "Construction of Revetment",
    "Construction of Drainage Structure",
)
RIVERS = (
    "Agno",
    "Bicol",
    "Cagayan",
    "Ilog",
    "Jalaur",
    "Malupa-Dianao",
    "Pampanga",
    "Tagoloan",
    "Ñaga",
    "Sta. Rita",
)


def plan_flood(size: int) -> FilePlan:
    return FilePlan(
        name=FLOOD_FILE,
        layout=FLOOD,
        notation=Notation(dates=DateStyle.ISO),
        first=date(2022, 7, 1),
        last=date(2025, 5, 30),
        share=1.0,
        size=size,
        quoted=True,
        dated=False,
    )


class FloodDesk:
    """Draws flood control contracts; every row is one award."""

    def __init__(self, plan: FilePlan, *, market: Market, rng: random.Random) -> None:
        self.plan, self.market, self.rng = plan, market, rng
        days = range(as_day(plan.first), as_day(plan.last) + 1)
        self._days = Lottery(days, [weigh_flood_day(day) for day in days])
        self._areas = Lottery(list(facts.AREAS), facts.AREAS.values())
        self.shifted = 0
        self._next = 0

    def draw_award(self) -> Notice:
        pick, point = self.rng.choice, self.rng.random
        day, area = self._days.at(point()), self._areas.at(point())
        centavos = draw_flood_amount(self.rng)
        serial = self._next
        self._next += 1
        river, barangay, town = pick(RIVERS), pick(words.BARANGAYS), pick(words.TOWNS)
        title = (
            f"Construction of Flood Control Structure along {river} River, Brgy. {barangay}, {town}, {area}"
        )
        region = pick(words.REGIONS)
        office = f"{'ABCDEFGH'[serial % 8]}{'ABCDEFGHJKLMN'[serial % 13]}{serial:04d}"
        return Notice(
            reference="",
            number=f"P{10_000_000 + serial}LZ",
            title=title,
            award_title=title,
            category="Flood Control",
            organization=f"{area} {pick(('1st', '2nd', '3rd'))} District Engineering Office",
            area=area.upper(),
            awardee=self._draw_awardee(),
            contract_number=f"{as_date(day).year % 100:02d}{pick((office, f'E{serial:05d}'))}",
            centavos=centavos,
            budget=centavos,
            day=day,
            publish=day - 90 - int(point() * 400),
            closing=day,
            lines=1,
            profile=tuple(
                {
                    "region": region,
                    "province": area.upper(),
                    "city": town.upper(),
                    "classification": pick(KINDS),
                }.get(slot, "")
                for slot in PROFILE_SLOTS
            ),
        )

    def draw_unawarded(self) -> Notice:
        raise NotImplementedError("the flood control list holds awards only")

    def render(self, notice: Notice) -> list[Record]:
        write_day, write_money = self.plan.notation.write_day, self.plan.notation.write_money
        texts = {
            **dict(zip(PROFILE_SLOTS, notice.profile, strict=True)),
            "island": "Luzon",
            "district": f"{notice.area} (FIRST LEGISLATIVE DISTRICT)",
            "project_id": notice.number,
            "contract_number": notice.contract_number,
            "award_title": notice.award_title,
            "awardee_name": notice.awardee,
            "contractors": "1",
            "organization_name": notice.organization,
            "funding_year": str(as_date(notice.publish).year),
            "start_date": write_day(notice.publish),
            "completion_date": write_day(notice.day),
            "approved_budget": write_money(notice.budget),
            "contract_amount": write_money(notice.centavos),
            "latitude": "16.61",
            "longitude": "120.32",
            "capital": notice.area,
        }
        return [tuple(texts.get(slot, "") for slot in SLOTS)]

    def _draw_awardee(self) -> str:
        draw, point = self.market.builders.at, self.rng.random
        name = draw(point())
        if point() < facts.FLOOD_FORMERLY:
            name = f"{name} (FORMERLY: {draw(point())})"
        return f"{name} / {draw(point())}" if point() < facts.FLOOD_JOINT else name


def weigh_flood_day(day: int) -> float:
    """How many contracts fall on this day; the list covers half of 2022 and five months of 2025."""
    moment = as_date(day)
    weight = facts.FLOOD_MONTHS[moment.month - 1] * (
        facts.WEEKEND_WEIGHT * 2 if moment.weekday() > 4 else 1.0
    )
    covered = {2022: facts.FLOOD_MONTHS[6:], 2025: facts.FLOOD_MONTHS[:5]}.get(
        moment.year, facts.FLOOD_MONTHS
    )
    return weight * facts.FLOOD_YEARS[moment.year] / sum(covered)


_QUANTILES = [share for share, _ in facts.FLOOD_AMOUNTS]
_EXACT = [share for share, _ in facts.FLOOD_EXACT]


def draw_flood_amount(rng: random.Random) -> int:
    """Centavos: one of the sums just below a threshold, or between the known quantiles."""
    place = bisect(_EXACT, rng.random())
    if place < len(_EXACT):
        return facts.FLOOD_EXACT[place][1] * 100
    point = rng.random()
    after = min(bisect(_QUANTILES, point), len(_QUANTILES) - 1)
    (low_share, low), (high_share, high) = facts.FLOOD_AMOUNTS[after - 1], facts.FLOOD_AMOUNTS[after]
    pesos = low + (point - low_share) / (high_share - low_share) * (high - low)
    return int(pesos * 100) if rng.random() < facts.FLOOD_CENTAVOS else int(pesos) * 100
