"""The axes of a table: which group a contract is in, by number, and what the groups are called."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from contracts.questions.dimensions import FUNDING_YEAR, NAMES, PERIODS, VALUE_BAND, Dimension
from contracts.questions.numbers import MAX_AMOUNT
from contracts.questions.tables import CENT, Bands
from contracts.snapshot.expressions import BIN_BOUNDS, CODES

EPOCH = date(1970, 1, 1)
# DECIMAL(20,2), because the greatest amount of DECIMAL(18,2) times 100 overflows.
CENTAVOS = "(contract_amount::DECIMAL(20,2) * 100)::BIGINT"


@dataclass(frozen=True, kw_only=True)
class Band:
    """Amounts in pesos, both ends included; None is open."""

    min: Decimal | None
    max: Decimal | None

    def describe(self) -> str:
        if self.min is None:
            return f"below {(self.max or Decimal(0)) + CENT:,.2f}"
        return f"{self.min:,.2f} or more" if self.max is None else f"{self.min:,.2f} to {self.max:,.2f}"


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A dimension with its groups. Their numbers are codes of names, days since 1970 on which periods begin,
    years, or places of bands; null is what is not known."""

    dimension: Dimension
    bands: Bands | None = None

    @classmethod
    def of(cls, dimension: Dimension, bands: Bands | None) -> Axis:
        """The axis of ``dimension`` in a table with these ``bands``."""
        return cls(dimension=dimension, bands=bands if dimension == VALUE_BAND else None)

    @property
    def is_named(self) -> bool:
        """Whether the labels are those of a name column, of which there are a hundred thousand."""
        return self.dimension.name in NAMES

    @property
    def key(self) -> str:
        """The SQL expression for a contract's group."""
        if self.is_named:
            return f"{CODES[self.dimension.column]}::BIGINT"
        if self.dimension.name in PERIODS:
            unit = PERIODS[self.dimension.name].unit
            return f"(date_trunc('{unit}', award_date)::DATE - DATE '1970-01-01')::BIGINT"
        if self.dimension == FUNDING_YEAR:
            return "funding_year::BIGINT"
        return "value_bin::BIGINT" if self.bands is None else f"({_place(self.bands)})::BIGINT"

    def say_all(self, keys: Sequence[int | None]) -> list[str | None]:
        """The labels of groups of an axis without names."""
        bands = self.list_bands()
        return [None if key is None else self._say(key, bands) for key in keys]

    def _say(self, key: int, bands: Mapping[int, Band]) -> str:
        if self.dimension.name in PERIODS:
            return PERIODS[self.dimension.name].say(EPOCH + timedelta(days=key))
        return bands[key].describe() if bands else f"{key}"

    def list_bands(self) -> Mapping[int, Band]:
        """Bands by their numbers; none of an axis of something else."""
        if self.dimension != VALUE_BAND:
            return {}
        bounds = BIN_BOUNDS if self.bands is None else self.bands.bounds
        inside = {
            number: Band(min=low, max=high - CENT) for number, (low, high) in enumerate(pairwise(bounds))
        }
        beyond = {} if bounds[-1] > MAX_AMOUNT else {len(inside): Band(min=bounds[-1], max=None)}
        below = {-1: Band(min=None, max=bounds[0] - CENT)} if bounds[0] else {}
        return {**below, **inside, **beyond}

    def list_gaps(self, found: list[int]) -> list[int]:
        """The bands without contracts that belong to the axis, where some are ``found``."""
        if self.dimension != VALUE_BAND or not found:
            return []
        # Of bands that nobody asked for, those between the first and the last in use.
        wanted = range(min(found), max(found)) if self.bands is None else range(len(self.bands.bounds) - 1)
        return sorted(set(wanted) - set(found))


def _place(bands: Bands) -> str:
    """The number of an amount's band: -1 is below the first bound, the number of bands beyond the last."""
    ends = [int(bound * 100) for bound in bands.bounds]
    first, last, count = ends[0], ends[-1], len(ends) - 1
    outside = f"CASE WHEN {CENTAVOS} < {first} THEN -1 WHEN {CENTAVOS} >= {last} THEN {count}"
    if bands.width is not None:
        return f"{outside} ELSE ({CENTAVOS} - {first}) // {int(bands.width * 100)} END"
    steps = bands.steps or 1
    power = round(math.log10(bands.bounds[0]) * steps)
    # A logarithm rounds, and so do bounds, to the centavo: the band that it gives is one off at most, which a
    # look at both of its bounds puts right.
    near = f"least(greatest(floor(log10(contract_amount) * {steps})::BIGINT - {power}, 0), {count - 1})"
    bounds = f"([{', '.join(map(str, ends))}]::BIGINT[])"
    return (
        f"{outside} ELSE {near} - ({CENTAVOS} < {bounds}[{near} + 1])::BIGINT"
        f" + ({CENTAVOS} >= {bounds}[{near} + 2])::BIGINT END"
    )
