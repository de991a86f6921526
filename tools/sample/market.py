"""Who buys what from whom, where and for how much: weighted draws. Knows no files, no dates and no faults."""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import Generic, TypeVar

from tools.sample import distribution as facts
from tools.sample import names, vocabulary
from tools.sample.categories import CATEGORIES, Category

T = TypeVar("T")
ALL_CONTRACTS = sum(category.contracts for category in CATEGORIES)
QUANTILES = 1 << 14


class Lottery(Generic[T]):
    """Entries drawn in proportion to their weights."""

    def __init__(self, entries: Sequence[T], weights: Iterable[float]) -> None:
        self.entries = entries
        totals = list(accumulate(weights))
        self._totals = [total / totals[-1] for total in totals[:-1]]

    def at(self, point: float) -> T:
        """The entry at ``point`` of [0, 1)."""
        return self.entries[bisect(self._totals, point)]


class Market:
    """The draws of one sample. The fewer ``contracts``, the fewer names share them."""

    def __init__(self, seed: int, contracts: int) -> None:
        rng = random.Random(f"{seed}/market")
        part = min(contracts / ALL_CONTRACTS, 1.0)
        self.categories = Lottery(CATEGORIES, [category.contracts for category in CATEGORIES])
        self.areas = _spread_areas(rng)
        offices = names.weigh_works_offices(round(facts.DPWH_NAMES * part**0.3))
        self.works_offices = Lottery(list(offices), offices.values())
        buyers = names.name_buyers(max(60, round(facts.BUYER_NAMES * part**0.5)))
        self.buyers = Lottery(buyers, names.weigh_ranks(facts.BUYER_RANKS, len(buyers)))
        suppliers = max(200, round(facts.SUPPLIER_NAMES * part**0.6))
        self.builders = _spread_suppliers(vocabulary.BUILDERS, suppliers // 5, rng)
        self.traders = _spread_suppliers(vocabulary.TRADERS, suppliers - suppliers // 5, rng)
        self._spread = {sigma: _spread_amounts(sigma) for sigma in set(facts.SIGMA.values())}

    def draw_buyer(self, category: Category, rng: random.Random) -> tuple[str, float]:
        """A buyer of ``category``, and the factor by which its amounts differ from the category's mean."""
        works = category.kind == "works"
        if rng.random() < (facts.DPWH_SHARE_OF_WORKS if works else facts.DPWH_SHARE_OF_OTHERS):
            return self.works_offices.at(rng.random()), facts.DPWH_WORKS_FACTOR if works else 1.0
        return self.buyers.at(rng.random()), facts.OTHER_WORKS_FACTOR if works else 1.0

    def draw_supplier(self, category: Category, rng: random.Random) -> str:
        return (self.builders if category.kind == "works" else self.traders).at(rng.random())

    def draw_amount(self, category: Category, factor: float, rng: random.Random) -> int:
        """Centavos around the category's mean times ``factor``: lognormal, then rounded as people round."""
        spread = self._spread[facts.SIGMA[category.kind]]
        pesos = category.mean_php * factor * spread[int(rng.random() * QUANTILES)]
        pesos = shun_threshold(min(pesos * (0.97 + 0.06 * rng.random()), facts.HIGHEST_AMOUNT), rng)
        return round_amount(pesos, rng)


def _spread_areas(rng: random.Random) -> Lottery[str]:
    """Single areas, none ('') and comma-joined ones in their shares."""
    single = list(facts.AREAS)
    joined = [
        ",".join(rng.sample(single, rng.choice((2, 2, 2, 3, 4, 9)))) for _ in range(facts.MULTI_AREA_NAMES)
    ]
    each = facts.MULTI_AREA_CONTRACTS / facts.MULTI_AREA_NAMES
    weights = [*facts.AREAS.values(), facts.NULL_AREA_CONTRACTS, *[each] * len(joined)]
    return Lottery([*single, "", *joined], weights)


def _spread_suppliers(trades: tuple[str, ...], count: int, rng: random.Random) -> Lottery[str]:
    return Lottery(names.name_suppliers(trades, count, rng), names.weigh_ranks(facts.SUPPLIER_RANKS, count))


def _spread_amounts(sigma: float) -> list[float]:
    """Quantiles of a lognormal with mean 1, evenly spaced, so that a draw is one look into a list."""
    normal = NormalDist()
    factors = [math.exp(sigma * normal.inv_cdf((step + 0.5) / QUANTILES)) for step in range(QUANTILES)]
    mean = math.fsum(factors) / QUANTILES
    return [factor / mean for factor in factors]


_LIMITS = sorted(facts.THRESHOLDS)
_EDGES = [limit * 0.95 for limit in _LIMITS]


def shun_threshold(pesos: float, rng: random.Random) -> float:
    """Mirror amounts just above a threshold to just below it, until the known ratio holds."""
    place = bisect(_EDGES, pesos) - 1
    if place < 0:
        return pesos
    limit = _LIMITS[place]
    if limit < pesos < limit * 1.05:
        ratio = facts.THRESHOLDS[limit]
        if rng.random() < 1 - 2 / (1 + ratio):
            return 2 * limit - pesos
    return pesos


_ROUNDING_SHARES = [share for share, _ in facts.ROUNDING]


def round_amount(pesos: float, rng: random.Random) -> int:
    """Centavos: rounded to a step that is drawn, smaller where the amount is smaller than the step."""
    place = bisect(_ROUNDING_SHARES, rng.random())
    if place == len(_ROUNDING_SHARES):
        return max(int(pesos * 100), 54)
    while place < len(_ROUNDING_SHARES) - 1 and facts.ROUNDING[place][1] > pesos:
        place += 1
    step = facts.ROUNDING[place][1]
    return max(round(pesos / step), 1) * step * 100
