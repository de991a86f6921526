"""What an anomaly is: the kinds, the numbers by which is decided, and what to beware of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

CAUTION = (
    "An anomaly is a question, not an accusation: a large project, a calamity, a merged office or a typing "
    "error look alike here."
)
"""Every page, file and message that shows an anomaly says so."""

MONTH, LEVEL, AMOUNT = "month", "level", "amount"
KINDS: Mapping[str, str] = {
    MONTH: "A month far from its season and trend",
    LEVEL: "A lasting step to another level",
    AMOUNT: "An amount far from like contracts",
}
"""Kind -> what it is called."""

ORGANIZATION, CATEGORY = "organization", "category"
SERIES: Mapping[str, str] = {ORGANIZATION: "organization_name", CATEGORY: "business_category"}
"""Whose months are looked at -> the column of their names."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The numbers by which is decided, as the file of a model keeps them."""

    least_months: int = 36
    """Months from the first to the last with a contract, at least: three of each calendar month."""
    least_share: float = 0.75
    """The share of them that must have a contract."""
    window: int = 25
    """Months of the running median: a year on either side, so that a season does not move it."""
    level_months: int = 12
    """Months on either side of a step that are compared: whole years, for the same reason."""
    month_score: float = 3.5
    level_score: float = 6.0
    amount_score: float = 3.5
    """Modified z, at least."""
    month_times: float = 3.0
    level_times: float = 2.0
    amount_times: float = 10.0
    """Times, or one part of, what was expected, at least: a small step is none, however even a series is."""
    least_alike: int = 30
    """Like contracts, at least: of fewer, a median says little."""
    least_spread: float = 0.1
    """The least spread of logarithms (about 10 %), so that equal amounts have one."""
    most_kept: int = 20_000
    """Of each kind, the strongest."""

    @property
    def numbers(self) -> Mapping[str, float]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


PARAMETERS = Parameters()
SHOWN = 5
"""Contracts of an anomaly that are told with it, the largest; its filters find all."""
MAD_TO_SIGMA = 1.4826
"""What makes of the median absolute deviation of a normal distribution its standard deviation."""
