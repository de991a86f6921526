"""The filters that mean a part of what other filters mean, so that every figure leads to its contracts."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.engine.aggregates import Part
from contracts.questions.entities.kinds import KINDS, EntityKind
from contracts.questions.filters import Filters
from contracts.questions.periods import UNDATED, TimeRange, intersect, intersect_groups
from contracts.questions.texts import NameWanted

CONTRACTORS, ORGANIZATIONS = KINDS["contractors"], KINDS["organizations"]
OTHER = {CONTRACTORS.name: ORGANIZATIONS, ORGANIZATIONS.name: CONTRACTORS}
"""Kind -> who is at the other end of its contracts."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The one contractor or organization that filters are about."""

    kind: EntityKind
    name: str


def say(filters: Filters) -> Mapping[str, object]:
    """The filters in JSON, without the members that ask for nothing: a report holds some hundred of them."""
    return filters.model_dump(mode="json", exclude_defaults=True)


def find_subject(filters: Filters) -> Subject | None:
    """Whom ``filters`` is about: the only name of the only list of contractors and organizations in use."""
    given = [kind for kind in (CONTRACTORS, ORGANIZATIONS) if filters.names(kind.filter)]
    if len(given) != 1:
        return None
    [kind] = given
    names = filters.names(kind.filter)
    one = names[0] if len(names) == 1 else None
    return Subject(kind=kind, name=one) if isinstance(one, str) else None


def leave_out(filters: Filters, kind: EntityKind) -> Filters:
    """``filters`` without what they say of the names of ``kind``."""
    return filters.model_copy(update={kind.filter: (), f"except_{kind.filter}": ()})


def narrow_to_names(filters: Filters, kind: EntityKind, names: Sequence[NameWanted]) -> Filters:
    """The contracts of ``names``, all of which ``filters`` means as well."""
    return filters.model_copy(update={kind.filter: tuple(names)})


def narrow_to_part(filters: Filters, kind: EntityKind, part: Part, shown: Sequence[Part]) -> Filters:
    """The contracts of a row of totals by name; ``shown`` are all rows, which the others are not in."""
    if not part.get("others"):
        return narrow_to_names(filters, kind, [part["label"]])
    excepted = f"except_{kind.filter}"
    labels = [one["label"] for one in shown if not one.get("others")]
    return filters.model_copy(update={excepted: (*filters.names(excepted), *labels)})


def narrow_to_period(filters: Filters, label: str | None) -> Filters:
    """The contracts of a year ("2024") or a month ("2024-05"), null: of no known day."""
    return narrow_to_days(filters, read_period(label) if label else UNDATED)


def narrow_to_days(filters: Filters, within: TimeRange) -> Filters:
    """The contracts of ``within``, some days of which ``filters`` means."""
    # Some days of a month may be all that the filters mean of it.
    days = (within,) if filters.days is None else intersect_groups([filters.days, [within]])
    return filters.model_copy(update={"time_ranges": days, "also_within": ()})


def narrow_to_whole(filters: Filters, periods: Sequence[TimeRange]) -> Filters:
    """The contracts of ``periods``, all days of which ``filters`` means."""
    return filters.model_copy(update={"time_ranges": tuple(periods), "also_within": ()})


def narrow_to_named(filters: Filters, kind: EntityKind) -> Filters:
    """The contracts that bear a name of ``kind``."""
    excepted = f"except_{kind.filter}"
    return filters.model_copy(update={excepted: tuple(dict.fromkeys((*filters.names(excepted), None)))})


def read_period(label: str) -> TimeRange:
    """The days of a year ("2024") or of a month ("2024-05")."""
    year, _, month = label.partition("-")
    if not month:
        return TimeRange.year(int(year))
    last = monthrange(int(year), int(month))[1]
    return TimeRange(start=date(int(year), int(month), 1), end=date(int(year), int(month), last))


def covers(filters: Filters, year: int) -> bool:
    """Whether all days of a year are meant."""
    whole = TimeRange.year(year)
    return filters.days is None or any(intersect(one, whole) == whole for one in filters.days)
