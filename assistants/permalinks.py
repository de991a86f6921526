"""Links to the explorer that show what a question asks for: the parameters that view.js reads."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date

from contracts.questions.comparisons import Comparison
from contracts.questions.filters import EXACT, EXCEPTIONS, Filters
from contracts.questions.periods import UNDATED, TimeRange, TimeRanges
from contracts.questions.query import Sort
from contracts.questions.tables import Table, TableSort
from contracts.questions.texts import NamePattern, Names

Pairs = list[tuple[str, str]]
"""Parameters of a link, in order; a name may come several times."""

LISTS = {
    **{name: exact.word for name, exact in EXACT.items()},
    **{name: f"except_{exact.word}" for name, exact in EXCEPTIONS.items()},
}
"""Name list -> its parameter."""
QUARTERS = range(1, 5)
PERIODS = ("year", "quarter", "month")


def link_filters(filters: Filters) -> Pairs | None:
    """The parameters of these filters; None where no link can say them: one knows years, quarters, months
    and a single range of days, each of which narrows the others."""
    times = _link_times(filters.times)
    if times is None:
        return None
    names = {parameter: filters.names(name) for name, parameter in LISTS.items()}
    pairs = [("q", keyword) for keyword in filters.keywords]
    pairs += [pair for parameter, some in names.items() for pair in _link_names(parameter, some)]
    pairs += [pair for parameter, some in names.items() for pair in _link_patterns(parameter, some)]
    pairs += [("place", place) for place in filters.places]
    pairs += [("number", number) for number in filters.numbers]
    pairs += [pair for period in PERIODS for pair in times if pair[0] == period]
    pairs += [("repaired", column) for column in filters.repaired_fields]
    if filters.text:
        pairs.append(("text", str(filters.text)))
    pairs += [pair for pair in times if pair[0] in ("from", "to")]
    pairs += [(end, amount) for end, amount in filters.value_range.to_json().items() if amount is not None]
    if filters.implausible != "include":
        pairs.append(("implausible", filters.implausible))
    pairs += [pair for pair in times if pair[0] == "undated"]
    if filters.include_flood_control:
        pairs.append(("flood", "only" if filters.flood_control_only else "1"))
    return pairs


def link_rows(filters: Filters, sort: Sort) -> Pairs | None:
    """The contracts that the filters mean, in this order."""
    pairs = link_filters(filters)
    return None if pairs is None else pairs + _unless_usual("sort", sort.to_json(), Sort().to_json())


def link_charts(filters: Filters) -> Pairs | None:
    """Their totals."""
    pairs = link_filters(filters)
    return None if pairs is None else [*pairs, ("show", "charts")]


def link_table(table: Table) -> Pairs | None:
    """The table, or where it has bands of its own, the distribution."""
    pairs = link_filters(table.filters)
    if pairs is None:
        return None
    if table.bands is not None:
        bands = table.bands.to_json()
        width = bands["steps"] if bands["width"] is None else bands["width"]
        scale = _unless_usual("scale", bands["scale"], "logarithmic")
        return [*pairs, ("show", "distribution"), *scale, ("width", str(width))]
    return [
        *pairs,
        ("show", "table"),
        *_unless_usual("by", table.rows, Table().rows),
        *([("across", table.columns)] if table.columns else []),
        *_unless_usual("order", table.sort.to_json(), TableSort().to_json()),
    ]


def link_comparison(comparison: Comparison) -> Pairs | None:
    """Both sides, each under the explorer's own names behind a letter (sides.js)."""
    sides = {letter: link_filters(side) for letter, side in (("a", comparison.a), ("b", comparison.b))}
    pairs: Pairs = []
    for letter, side in sides.items():
        if side is None:
            return None
        pairs += [(f"{letter}.{name}", value) for name, value in side]
    usual = Comparison()
    return [
        *pairs,
        *_unless_usual("by", comparison.by, usual.by),
        *_unless_usual("order", comparison.sort.to_json(), usual.sort.to_json()),
    ]


def _unless_usual(name: str, value: str, usual: str) -> Pairs:
    return [] if value == usual else [(name, value)]


def _link_names(parameter: str, names: Names) -> Iterator[tuple[str, str]]:
    # An empty value means the rows whose name is missing.
    yield from ((parameter, name or "") for name in names if not isinstance(name, NamePattern))


def _link_patterns(parameter: str, names: Names) -> Iterator[tuple[str, str]]:
    for name in names:
        if isinstance(name, NamePattern):
            yield f"{parameter}_contains", name.contains


def _link_times(groups: Sequence[TimeRanges]) -> Pairs | None:
    given = [tuple(one for one in group if one != UNDATED) for group in groups]
    # The page adds the contracts without a day to each of its lists.
    undated = bool(groups) and all(UNDATED in group for group in groups)
    if () in given:
        return [("undated", "1")] if undated else None
    linked = [_link_group(group) for group in given]
    pairs = [pair for group in linked for pair in group or ()]
    # Each list has its own names in the link, so that two of a sort are none.
    sorts = [sort for group in linked for sort in {_sort_of(name) for name, _ in group or ()}]
    if not all(linked) or len(sorts) > len(set(sorts)):
        return None
    return pairs + ([("undated", "1")] if undated else [])


def _sort_of(name: str) -> str:
    return "days" if name in ("from", "to") else name


def _link_group(group: Sequence[TimeRange]) -> Pairs | None:
    """A list of years, of quarters, of months, or of one range of days; None where it is none of them."""
    named = [_name_period(one) for one in group]
    known = [name for name in named if name]
    # A month alone is a range of days, which the form of the page can show.
    if len(group) == 1 and (not known or known[0][0] == "month"):
        ends = (("from", group[0].start), ("to", group[0].end))
        return [(name, day.isoformat()) for name, day in ends if isinstance(day, date)]
    if len(known) < len(named) or not known:
        return None
    # One parameter is one list: years beside quarters are said as quarters.
    finest = max((sort for sort, _ in known), key=PERIODS.index)
    return sorted({part for name in known for part in _split_period(*name, finest)})


def _split_period(sort: str, value: str, finest: str) -> Pairs:
    if sort == finest:
        return [(sort, value)]
    if sort == "year":
        quarters = [("quarter", f"{value}-Q{one}") for one in QUARTERS]
        return [part for quarter in quarters for part in _split_period(*quarter, finest)]
    year, number = value.split("-Q")
    return [("month", f"{year}-{month:02}") for month in range(3 * int(number) - 2, 3 * int(number) + 1)]


def _is_month(one: TimeRange) -> bool:
    if one.start is None or one.end is None or one.start.day != 1:
        return False
    return one.end == one.start.replace(day=monthrange(one.start.year, one.start.month)[1])


def _name_period(one: TimeRange) -> tuple[str, str] | None:
    """A whole year, quarter or month."""
    if one.start is None:
        return None
    year = one.start.year
    if one == TimeRange.year(year):
        return "year", str(year)
    for quarter in QUARTERS:
        if one == TimeRange.quarter(year, quarter):
            return "quarter", f"{year}-Q{quarter}"
    return ("month", f"{one.start:%Y-%m}") if _is_month(one) else None
