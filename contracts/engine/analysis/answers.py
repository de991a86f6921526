"""What an analysis says, JSON-ready. Figures of contracts stand beside the ``filters`` that mean them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from contracts.engine.aggregates import Part, Summary
from contracts.engine.entities.answers import Count, KindName, Slug
from contracts.fields import Also, Pesos, Shown
from contracts.questions.filters import Filters

Meant = Annotated[Mapping[str, object], Shown(Filters)]
"""The filters whose contracts a figure counts, for a search or an export; only what is asked of them."""
Share = Annotated[float, Also(minimum=0, maximum=1)]


class Figure(TypedDict):
    """Contracts, what they are worth, and the ``filters`` that mean them."""

    count: Count
    total_value: Pesos
    filters: Meant


class Slice(Part):
    """Contracts that share a label, and the ``filters`` that mean them."""

    filters: Meant


class Year(Slice):
    """A year of award. ``whole``: all of its months lie between the first and the last month with a contract;
    ``change`` against the year before, a part of that, is null unless both are; ``change_filters`` mean the
    contracts of both."""

    whole: bool
    change: float | None
    change_filters: Meant | None


class Month(Slice):
    """A month of award; ``trailing_year`` is what it and the eleven before are worth, null before there are
    twelve; ``trailing_filters`` mean their contracts."""

    trailing_year: Pesos | None
    trailing_filters: Meant | None


class Season(TypedDict):
    """What a month of the calendar has of a year: ``share`` is the median over the whole years, ``index`` is
    1 where it has a twelfth; ``least`` and ``most`` are of single years. ``filters`` mean the month in
    each of these."""

    month: Annotated[int, Also(minimum=1, maximum=12)]
    share: Share
    index: Annotated[float, Also(minimum=0)]
    least: Share
    most: Share
    filters: Meant


class Seasonality(TypedDict):
    """How the pesos lie in the year, by the whole years that are named, whose contracts ``filters`` mean;
    null without any. ``months`` is empty, and ``why_none`` says why, where too few are."""

    years: list[int]
    filters: Meant | None
    months: list[Season]
    formula: str
    source: str
    why_none: str | None


class Growth(TypedDict):
    """The middle of how fast the pesos of a year grow: of all pairs of whole years, whose contracts
    ``filters`` mean, the median slope; and as a part of the median year."""

    years: Count
    filters: Meant
    pesos_a_year: Pesos
    part_of_a_year: float
    formula: str
    source: str


class Trend(TypedDict):
    """The contracts by time of award; undated ones are last, in rows without a label."""

    by_year: list[Year]
    by_month: list[Month]
    seasonality: Seasonality
    growth: Growth | None


class Largest(TypedDict):
    """Who has most of a name's pesos at the other end of its contracts; ``share`` of all of the name's."""

    name: str
    slug: Slug
    share: Share
    figure: Figure


class NameShare(Slice):
    """A name and what it has of the contracts. ``whole`` are all of its contracts under the same filters,
    whoever is at the other end, and ``share_of_whole`` which part of them these are; ``largest`` has most of
    those. All three are null for the missing name and for the others."""

    slug: Slug | None
    whole: Figure | None
    share_of_whole: Share | None
    largest: Largest | None


class NameShares(TypedDict):
    """The names of a ``kind`` with most of the pesos; with the others, they add up to the summary."""

    kind: KindName
    names: list[NameShare]


class Level(TypedDict):
    """From which index on a market is called so."""

    name: str
    least: Annotated[int, Also(minimum=0, maximum=10_000)]


class Scale(TypedDict):
    """How a source judges an index."""

    source: str
    levels: list[Level]


class Concentration(TypedDict):
    """How the pesos are spread over the ``names`` of a ``kind``, missing ones aside: ``named`` is the part of
    the pesos that bears a name. ``hhi`` is from 0 to 10,000, ``equal_names`` are how many names of equal
    shares have the same, ``level`` is by the first of the scales; null where nothing bears a name.
    ``largest`` and ``four_largest`` are shares of what is named. ``filters`` mean the contracts that bear a
    name, of which all of this is computed; the other two mean those of the largest name, and of the four, and
    are null with them."""

    kind: KindName
    names: Count
    named: Share
    hhi: Annotated[int, Also(minimum=0, maximum=10_000)] | None
    equal_names: Annotated[float, Also(minimum=1)] | None
    largest: Share | None
    four_largest: Share | None
    level: str | None
    filters: Meant
    largest_filters: Meant | None
    four_largest_filters: Meant | None


class Concentrations(TypedDict):
    """The concentration of each kind but that of the subject, which has all, and what to know of it."""

    by_kind: list[Concentration]
    scales: list[Scale]
    formula: str
    caution: str


class Peer(TypedDict):
    """A name of like size; ``rank`` 1 has most pesos, and ``subject`` is the one that is asked for."""

    name: str
    slug: Slug
    rank: Annotated[int, Also(minimum=1)]
    subject: bool
    avg_value: Pesos
    partners: Count
    largest: Largest | None
    figure: Figure


class Peers(TypedDict):
    """The names around the subject when all ``names`` of its ``kind`` are ranked by pesos, under the same
    filters but for itself: ``filters`` mean the contracts of all of them. The medians are of the peers but
    the subject: what is usual at that size; ``median_filters`` mean the contracts of these, and are null
    with them."""

    kind: KindName
    names: Count
    rank: Annotated[int, Also(minimum=1)]
    filters: Meant
    peers: list[Peer]
    median_avg_value: Pesos | None
    median_partners: float | None
    median_largest_share: Share | None
    median_filters: Meant | None


class AnalysedName(TypedDict):
    """The one name that the filters are about."""

    kind: KindName
    name: str
    slug: Slug


class Analysis(TypedDict):
    """All of it. ``filters`` mean the contracts that the figures of ``summary`` are of, the median and the
    average too. ``subject`` and ``peers`` are null where the filters are not about one name."""

    filters: Meant
    subject: AnalysedName | None
    summary: Summary
    trend: Trend
    partners: list[NameShares]
    concentration: Concentrations
    peers: Peers | None
