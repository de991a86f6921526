"""Buyers and suppliers by rank: how they are called and how often they come up. Draws nothing itself."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from itertools import count, islice, product

from tools.sample import vocabulary as words
from tools.sample.distribution import (
    AREAS,
    BUYER_NAME_LENGTH,
    BUYERS,
    DPWH,
    DPWH_CONTRACTS,
    DPWH_OFFICES,
    RankCurve,
)


def weigh_ranks(curve: RankCurve, names: int) -> list[float]:
    """Contracts of each of ``names`` names from the busiest on, read off the curve (log-log)."""
    shares = [math.log(share) for share, _ in curve]
    counts = [math.log(contracts) for _, contracts in curve]
    weights = []
    for rank in range(names):
        x = max(math.log((rank + 0.5) / names), shares[0])
        after = min(bisect_right(shares, x), len(shares) - 1)
        part = (x - shares[after - 1]) / (shares[after] - shares[after - 1])
        weights.append(math.exp(counts[after - 1] + part * (counts[after] - counts[after - 1])))
    return weights


def name_buyers(names: int) -> list[str]:
    """The buyers outside DPWH, busiest first, cut where the published names are cut."""
    known = sorted(BUYERS, key=BUYERS.__getitem__, reverse=True)
    return [name[:BUYER_NAME_LENGTH] for name in islice(_buyers(known), names)]


def _buyers(known: list[str]) -> Iterator[str]:
    yield from known
    yield words.GREEK_PROVINCE
    yield "DEPARTMENT OF EDUCATION -  DIVISION OF  PARAÑAQUE"
    provinces = [area.upper() for area in AREAS if "(" not in area]
    yield from (f"PROVINCE OF {province}" for province in provinces)
    yield from (f"CITY OF {town.upper()}" for town in words.TOWNS)
    yield from (f"{agency} {province}" for agency, province in product(words.AGENCIES, provinces))
    yield from (f"{province} {kind}" for province, kind in product(provinces, words.INSTITUTIONS))
    places = [f"{town.upper()}, {province}" for town, province in product(words.TOWNS, provinces)]
    random.Random("places").shuffle(places)
    yield from (f"MUNICIPALITY OF {place}" for place in places[:1356])
    for place, kind, barangay in zip(places, _cycle(words.SCHOOLS), _cycle(words.BARANGAYS), strict=False):
        yield f"{place.split(',')[0]} {kind}, {place.split(', ')[1]}"
        yield f"BARANGAY {barangay.upper()}, {place}"
    yield from (
        f"BARANGAY NO. {number}, {place}" for number, place in zip(count(1), _cycle(places), strict=False)
    )


def _cycle(entries: tuple[str, ...] | list[str]) -> Iterator[str]:
    while True:
        yield from entries


def weigh_works_offices(names: int) -> dict[str, float]:
    """DPWH offices -> contracts: the known ones and district offices that share what is left."""
    offices: dict[str, float] = {
        f"{DPWH} - {name}"[:BUYER_NAME_LENGTH]: n for name, n in DPWH_OFFICES.items()
    }
    left = DPWH_CONTRACTS - sum(offices.values())
    ordinals = ("1ST", "2ND", "3RD", "4TH")
    districts = (f"{DPWH} - {area.upper()} {ordinal} DEO" for ordinal, area in product(ordinals, AREAS))
    fresh = [name[:BUYER_NAME_LENGTH] for name in islice(districts, max(names - len(offices), 1))]
    shares = [(rank + 3) ** -0.6 for rank in range(len(fresh))]
    for name, share in zip(fresh, shares, strict=True):
        offices[name] = offices.get(name, 0) + left * share / sum(shares)
    return offices


def name_suppliers(trades: tuple[str, ...], names: int, rng: random.Random) -> list[str]:
    """``names`` different invented suppliers in one of ``trades``."""
    found: dict[str, None] = {}
    while len(found) < names:
        name = _name_supplier(trades, rng)
        if name in found:
            name = f"{name} {rng.choice(('BRANCH', 'NO.', 'OUTLET'))} {len(found)}"
        found[name] = None
    return list(found)


def _name_supplier(trades: tuple[str, ...], rng: random.Random) -> str:
    trade, pick = rng.choice(trades), rng.random()
    if pick < 0.07:
        return f"{rng.choice(words.SURNAMES)}'S {trade}"
    if pick < 0.13:
        return f"{rng.choice(words.SURNAMES)} & {rng.choice(words.SURNAMES)} {trade}"
    if pick < 0.43:
        return f"{rng.choice(words.FANCY)} {trade}"
    if pick < 0.50:
        return f"{rng.choice(words.TOWNS).upper()} {rng.choice(words.FANCY)} {trade}"
    if pick < 0.53:
        return f"{rng.choice(words.SURNAMES)}, {rng.choice(words.GIVEN)}"
    return f"{rng.choice(words.GIVEN)} {rng.choice(words.SURNAMES)} {trade}"
