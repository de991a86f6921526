"""The engine's meaning in plain Python: slow, obvious, and written without looking at the SQL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from contracts.acronyms import ACRONYMS
from contracts.places import name_place, read_places
from contracts.questions.filters import Filters
from contracts.questions.query import Query
from contracts.questions.searchtext import Term
from contracts.questions.tables import Table
from contracts.questions.texts import NamePattern, Names

Row = dict[str, Any]
SEARCHED = ("award_title", "notice_title", "awardee_name", "organization_name")
TYPED_FOR = (*SEARCHED, "area_of_delivery", "business_category")
NUMBERS = ("reference_id", "award_number", "contract_number")
NAMES = {
    "contractors": "awardee_name",
    "organizations": "organization_name",
    "areas": "area_of_delivery",
    "business_categories": "business_category",
    "procurement_modes": "procurement_mode",
    "funding_sources": "funding_source",
    "classifications": "classification",
    "award_statuses": "award_status",
}
LABELS = {
    "by_contractor": "awardee_name",
    "by_organization": "organization_name",
    "by_area": "area_of_delivery",
    "by_category": "business_category",
    "by_procurement_mode": "procurement_mode",
    "by_funding_source": "funding_source",
    "by_classification": "classification",
    "by_award_status": "award_status",
}


def fold(text: str) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn").lower()


def holds(text: str | None, phrase: str) -> bool:
    """Whether ``phrase`` stands in ``text``, at the start of a word if it begins with a letter or digit.

    Blanks around it do not count, nor those that lone accents leave.
    """
    if text is None:
        return False
    inside, wanted = fold(text), fold(phrase).strip()
    places = [at for at in range(len(inside)) if inside.startswith(wanted, at)]
    if not _in_word(wanted[0]):
        return bool(places)
    return any(at == 0 or not _in_word(inside[at - 1]) for at in places)


def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def meets_keyword(row: Row, keyword: str) -> bool:
    phrases = [" ".join(part.split()) for part in keyword.split("&&")]
    return all(any(holds(row[column], phrase) for column in SEARCHED) for phrase in phrases)


def means(wanted: Names, name: str | None) -> bool:
    """Whether a name list means ``name``."""
    return any(
        all(holds(name, phrase) for phrase in one.contains.split(" && "))
        if isinstance(one, NamePattern)
        else one == name
        for one in wanted
    )


def plain_number(text: str) -> str:
    return text.replace(" ", "").upper().lstrip("0") or "0"


def bears(row: Row, number: str) -> bool:
    return any(row[name] is not None and plain_number(row[name]) == plain_number(number) for name in NUMBERS)


def meets_terms(row: Row, terms: Sequence[Term]) -> bool:
    """Whether all terms of an alternative are met, or they are a number of ``row``, perhaps with blanks."""
    if len(terms) == 1 and not terms[0].excluded and re.search(r"\d", terms[0].phrase):
        return stands_in(row, terms[0].phrase) or bears(row, terms[0].phrase)
    plain = all(re.search(r"\d", term.phrase) and not term.quoted and not term.excluded for term in terms)
    if plain and bears(row, "".join(term.phrase for term in terms)):
        return True
    rest = list(terms)
    while rest:
        length, others = find_family(rest)
        found = all(stands_in(row, term.phrase) for term in rest[:length])
        found = found or any(stands_in(row, other) for other in others)
        if found == rest[0].excluded:
            return False
        rest = rest[length:]
    return True


def stands_in(row: Row, phrase: str) -> bool:
    return any(holds(row[column], phrase) for column in TYPED_FOR)


def find_family(terms: Sequence[Term]) -> tuple[int, list[str]]:
    """How many of the first terms spell an agency, the most that do, and its other spellings."""
    for length in range(len(terms), 0, -1):
        some = terms[:length]
        plain = not any(term.quoted for term in some) and (length == 1 or not any(t.excluded for t in some))
        spelled = " ".join(term.phrase for term in some).lower()
        for short, names in ACRONYMS.items():
            family = [short, *names]
            if plain and spelled in [one.lower() for one in family]:
                return length, [one for one in family if one.lower() != spelled]
    return 1, []


def matches(row: Row, filters: Filters) -> bool:
    """Whether ``filters`` means ``row``."""
    for name, column in NAMES.items():
        wanted = getattr(filters, name)
        if wanted and not means(wanted, row[column]):
            return False
        if means(getattr(filters, f"except_{name}"), row[column]):
            return False
    if filters.keywords and not any(meets_keyword(row, keyword) for keyword in filters.keywords):
        return False
    if filters.text and not any(meets_terms(row, terms) for terms in filters.text.alternatives):
        return False
    if filters.numbers and not any(bears(row, number) for number in filters.numbers):
        return False
    if filters.time_ranges and not any(
        _within(row["award_date"], r.start, r.end) for r in filters.time_ranges
    ):
        return False
    for group in filters.also_within:
        if not any(_within(row["award_date"], r.start, r.end) for r in group):
            return False
    named = read_places(row["area_of_delivery"] or "")
    if filters.places and not any(name_place(place) in named for place in filters.places):
        return False
    if filters.flood_control_only and row["source"] == "philgeps":
        return False
    low, high = filters.value_range.min, filters.value_range.max
    if low is not None and row["contract_amount"] < low:
        return False
    if high is not None and row["contract_amount"] > high:
        return False
    if filters.implausible != "include" and (row["implausible"] is None) == (filters.implausible == "only"):
        return False
    repaired = (row["repaired_fields"] or "").split(", ")
    if filters.repaired_fields and not set(repaired) & set(filters.repaired_fields):
        return False
    return filters.include_flood_control or row["source"] == "philgeps"


def _within(day: date | None, start: date | None, end: date | None) -> bool:
    if start is None and end is None:
        return day is None
    return day is not None and (start is None or start <= day) and (end is None or day <= end)


def order(rows: Iterable[Row], field: str, *, descending: bool) -> list[Row]:
    """Missing values last, ties by id."""
    by_id = sorted(rows, key=lambda row: row["id"])
    given = [row for row in by_id if row[field] is not None]
    missing = [row for row in by_id if row[field] is None]
    return sorted(given, key=lambda row: row[field], reverse=descending) + missing


def search(rows: Iterable[Row], query: Query) -> list[Row]:
    """The rows that ``query`` means, in its order, as its columns."""
    found = order(
        (row for row in rows if matches(row, query.filters)),
        query.sort.field,
        descending=query.sort.descending,
    )
    return [{column: row[column] for column in query.columns} for row in found]


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """What aggregates say of ``rows`` as a whole."""
    amounts = sorted(row["contract_amount"] for row in rows)
    middle = amounts[(len(amounts) - 1) // 2 : len(amounts) // 2 + 1]
    return {
        "count": len(rows),
        "total_value": f"{sum(amounts, Decimal(0)):.2f}",
        "avg_value": average(amounts),
        "median_value": average(middle),
        "contractors": len({row["awardee_name"] for row in rows} - {None}),
        "organizations": len({row["organization_name"] for row in rows} - {None}),
    }


def average(amounts: Sequence[Decimal]) -> str | None:
    if not amounts:
        return None
    return str((sum(amounts, Decimal(0)) / len(amounts)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def period(day: date | None, dimension: str) -> str | None:
    if day is None:
        return None
    quarter = (day.month - 1) // 3 + 1
    return {
        "by_year": f"{day.year}",
        "by_quarter": f"{day.year}-Q{quarter}",
        "by_month": f"{day.year}-{day.month:02}",
    }[dimension]


def name_group(row: Row, dimension: str) -> str | None:
    if dimension in LABELS:
        label: str | None = row[LABELS[dimension]]
        return label
    if dimension == "by_funding_year":
        return None if row["funding_year"] is None else f"{row['funding_year']}"
    return period(row["award_date"], dimension)


def groups(rows: Sequence[Row], dimension: str) -> dict[str | None, tuple[int, str]]:
    """Label -> (count, total value) of a dimension other than the value distribution."""
    found: dict[str | None, list[Decimal]] = {}
    for row in rows:
        label = name_group(row, dimension)
        found.setdefault(label, []).append(row["contract_amount"])
    return {label: (len(amounts), f"{sum(amounts):.2f}") for label, amounts in found.items()}


BANDS = [
    Decimal(0),
    *(Decimal(step) * 10**power for power in range(16) for step in (1, 2, 5)),
    Decimal(10) ** 16,
]
CENT = Decimal("0.01")


def band(amount: Decimal, bounds: Sequence[Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """The least and the greatest amount of the band that holds ``amount``; None is open."""
    if amount < bounds[0]:
        return None, bounds[0] - CENT
    if amount >= bounds[-1]:
        return bounds[-1], None
    return max(bound for bound in bounds if bound <= amount), min(b for b in bounds if b > amount) - CENT


def table_key(row: Row, dimension: str, bounds: Sequence[Decimal]) -> Any:
    """What the rows of a table have in common; what sorts by it sorts by the label."""
    if dimension != "value_band":
        return name_group(row, f"by_{dimension}")
    low, high = band(row["contract_amount"], bounds)
    return (Decimal(-1) if low is None else low), high


def figures(rows: Sequence[Row], whole: Sequence[Row]) -> dict[str, Any]:
    """All measures of ``rows``, which are some of the ``whole``."""
    value, all_value = (sum((row["contract_amount"] for row in some), Decimal(0)) for some in (rows, whole))
    days = [row["award_date"] for row in rows if row["award_date"]]
    share = (value / (all_value or 1)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
    return {
        **summary(rows),
        "share": float(share),
        "first_award": str(min(days)) if days else None,
        "last_award": str(max(days)) if days else None,
    }


def group_rows(rows: Sequence[Row], dimension: str, bounds: Sequence[Decimal]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(table_key(row, dimension, bounds), []).append(row)
    return found


def order_groups(found: dict[Any, list[Row]], whole: Sequence[Row], table: Table) -> list[Any]:
    """The keys in the order of the table: missing values last, ties by label."""
    keys = sorted((key for key in found if key is not None), key=lambda key: key)
    by = table.sort.field
    if by == "label":
        return keys[:: -1 if table.sort.descending else 1] + [None] * (None in found)
    keys += [None] * (None in found)
    said = {key: figures(found[key], whole)[by] for key in keys}
    values = {
        key: Decimal(v) if by in ("total_value", "avg_value", "median_value") else v
        for key, v in said.items()
        if v is not None
    }
    given = sorted(
        (key for key in keys if key in values), key=lambda key: values[key], reverse=table.sort.descending
    )
    return given + [key for key in keys if key not in values]
