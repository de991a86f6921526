"""What a file's notices choose from: titles, line items, and the columns that the import leaves aside."""

from __future__ import annotations

import math
import random
from itertools import product

from tools.sample import distribution as facts
from tools.sample import vocabulary as words
from tools.sample.categories import Category
from tools.sample.layouts import PROFILE_SLOTS

Record = tuple[str, ...]
MOST_LINES = 40


def spread_lines(mean: float) -> list[int]:
    """Line items per award: quantiles of a geometric distribution with this mean."""
    if mean <= 1:
        return [1]
    steps, miss = 1024, math.log(1 - 1 / mean)
    return [min(1 + int(math.log(1 - (step + 0.5) / steps) / miss), MOST_LINES) for step in range(steps)]


def make_stems(category: Category) -> list[str]:
    if category.kind == "works":
        return list(words.WORKS)
    return [f"{verb} {category.name}" for verb in words.VERBS[category.kind]]


def make_tails(rng: random.Random) -> list[str]:
    tails = [f"Barangay {barangay}, {town}" for barangay, town in product(words.BARANGAYS, words.TOWNS)]
    rng.shuffle(tails)
    return tails


def make_items(rng: random.Random) -> list[Record]:
    items: list[Record] = []
    for number, (item, unit) in enumerate(product(words.ITEMS, words.UNITS)):
        code = str(10_101_500 + number * 1_000)
        items.append((item, f"{item}, brand new", str(rng.randint(1, 500)), unit, code, item.split(",")[0]))
    return items


def make_profiles(kind: str, null: str, rng: random.Random) -> list[Record]:
    """Plausible sets of the columns that describe the way of buying, the buyer and the awardee."""
    pick = rng.choice
    profiles = []
    for _ in range(64):
        region, province, town = pick(words.REGIONS), pick(list(facts.AREAS)), pick(words.TOWNS)
        fields = {
            "classification": words.CLASSIFICATIONS[kind],
            "notice_type": "Invitation to Bid (ITB)",
            "procurement_mode": pick(words.MODES[kind]),
            "funding_source": pick(words.FUNDS),
            "funding_instrument": null,
            "trade_agreement": "Implementing Rules and Regulations",
            "duration": pick(words.SPANS),
            "calendar_type": "Calendar Days",
            "created_by": f"{pick(words.GIVEN)} {pick(words.SURNAMES)}",
            "region": region,
            "province": province,
            "city": town,
            "branch": "Local Government Unit",
            "entity_type": pick(("Municipality", "Province", "National Government Agency")),
            "entity_group": "Government",
            "award_type": pick(("LCRB", "SCRB", null)),
            "reason": null,
            "country": "Philippines",
            "awardee_region": region,
            "awardee_province": province,
            "awardee_city": pick(words.TOWNS),
            "awardee_size": pick(words.SIZES),
            "joint_venture": pick(("No", "No", "Yes")),
            "contact_person": f"{pick(words.GIVEN)} {pick(words.SURNAMES)}",
        }
        profiles.append(tuple(fields[slot] for slot in PROFILE_SLOTS))
    return profiles


_OF_AWARD = PROFILE_SLOTS.index("award_type")


def without_award(profile: Record, null: str) -> Record:
    """The profile of a notice that nobody was awarded."""
    return profile[:_OF_AWARD] + (null,) * (len(PROFILE_SLOTS) - _OF_AWARD)
