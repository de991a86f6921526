"""What the incumbent's clients send, read as our questions. Unknown members are passed over, as there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, TypeGuard

from contracts.engine.store import Reader
from contracts.fields import SORTABLE
from contracts.questions.filters import Filters
from contracts.questions.numbers import MAX_AMOUNT
from contracts.questions.query import MAX_TOP_N, Sort
from contracts.questions.tables import SORTS, TableSort
from contracts.questions.texts import MAX_KEYWORD_LENGTH

Body = Mapping[str, Any]

NAME_LISTS = ("contractors", "organizations", "areas", "business_categories")
# One page of the frontend sends its own names for them.
ALSO = {
    "business_categories": "businessCategories",
    "time_ranges": "timeRanges",
    "include_flood_control": "includeFloodControl",
    "value_range": "valueRange",
    "page_size": "pageSize",
    "sort_by": "sortBy",
    "sort_direction": "sortDirection",
    "top_n": "topN",
}
MISSING = "(none given)"
"""How a missing name is called there, where clients take every label for text."""
# What the frontend sends where nobody has asked for amounts.
ANY_AMOUNT = {"min": 0, "max": 10**12}
SORT_FIELDS = {
    "award_amount": "contract_amount",
    "contract_value": "contract_amount",
    "created_at": "award_date",
}
# Sorted by there, and by nothing here: these come in the usual order.
UNSORTED = ("reference_id", "contract_no", "award_title", "notice_title", "award_status")
DIMENSIONS = {
    "by_contractor": "contractor",
    "by_organization": "organization",
    "by_area": "area",
    "by_category": "category",
}


FILTERS = (*NAME_LISTS, "keywords", "time_ranges", "value_range", "include_flood_control")
BESIDE = ("page", "page_size", "sort_by", "sort_direction")


def is_old(body: Body) -> bool:
    """Whether a task's body is the incumbent's beyond doubt: has filters without a wrapping, pages or orders
    inside it, or days as they are called there. Others that we refuse may be mistakes in our own language."""
    filters = body.get("filters")
    if any(get(body, name) is not None for name in FILTERS):
        return True
    if not isinstance(filters, Mapping):
        return False
    times = filters.get("time_ranges")
    return any(get(filters, name) is not None for name in BESIDE) or any(
        isinstance(one, Mapping) and (one.get("type") == "all_time" or "startDate" in one)
        for one in (times if isinstance(times, list) else ())
    )


def unwrap(body: Body) -> Body:
    """The members of a task's body, whether they stand in ``filters``, beside it, or both."""
    filters = body.get("filters")
    return {**body, **filters} if isinstance(filters, Mapping) else body


def get(body: Body, name: str) -> Any:
    """A member by the one or the other of its names; None where it is not given."""
    value = body.get(name)
    return body.get(ALSO[name]) if value is None and name in ALSO else value


def read_filters(body: Body, reader: Reader) -> Filters:
    """Which contracts are meant. A name that some contract bears means just that name, any other text the
    names that hold it. Raises InvalidQuery."""
    given = {name: _read_texts(get(body, name)) for name in (*NAME_LISTS, "keywords")}
    given["time_ranges"] = _read_times(get(body, "time_ranges"))
    given["value_range"] = _read_amounts(get(body, "value_range"))
    given["include_flood_control"] = _read_flag(get(body, "include_flood_control"))
    # Read twice: only text that has been read may be looked up.
    return _find_parts(Filters.from_json(given), reader)


def read_page(body: Body) -> dict[str, Any]:
    """``page`` and ``page_size`` as our questions take them."""
    return {"page": _read_whole(get(body, "page")), "page_size": _read_whole(get(body, "page_size")) or 20}


def read_top(body: Body) -> Any:
    """How many names each part of the totals has."""
    top = _read_whole(get(body, "top_n")) or 20
    return min(top, MAX_TOP_N) if isinstance(top, int) else top


def read_sort(body: Body) -> str:
    """The order of contracts, as our questions take it."""
    field = get(body, "sort_by") or "award_date"
    if field in UNSORTED:
        return Sort().to_json()
    known = SORT_FIELDS.get(field, field) if isinstance(field, str) else field
    return _point(known, body, choices=SORTABLE)


def read_table_sort(body: Body) -> str:
    """The order of the rows of a table, as our questions take it."""
    field = get(body, "sort_by")
    # The frontend's orders of contracts come here too.
    return _point(field if field in SORTS else TableSort().field, body, choices=SORTS)


def read_dimension(body: Body) -> Any:
    """What the rows of a table are, from ``dimension`` or the tasks' ``entity_type``."""
    said = body.get("dimension") or body.get("entity_type") or "by_contractor"
    return DIMENSIONS.get(said, said) if isinstance(said, str) else said


def _point(field: Any, body: Body, *, choices: Sequence[str] | Mapping[str, object]) -> str:
    ascending = str(get(body, "sort_direction") or "desc").lower() == "asc"
    return f"{field}" if ascending else f"-{field}"


def _read_texts(given: Any) -> Any:
    # What is no list of texts goes on as it is: our own reading refuses it and says where.
    if not isinstance(given, list):
        return given
    return [_tidy(one) if isinstance(one, str) else one for one in given if not _is_blank(one)]


def _is_blank(given: Any) -> bool:
    return isinstance(given, str) and not given.replace("&&", "").strip()


def _tidy(text: str) -> str | None:
    if text.strip() == MISSING:
        return None
    return " && ".join(part.strip() for part in text.split("&&") if part.strip())


def _find_parts(filters: Filters, reader: Reader) -> Filters:
    parts: dict[str, list[Any]] = {}
    for name in NAME_LISTS:
        wanted = filters.names(name)
        unknown = set(reader.list_unknown(name, wanted))
        parts[name] = [
            {"contains": one} if one in unknown and len(str(one)) <= MAX_KEYWORD_LENGTH else one
            for one in wanted
        ]
    return Filters.from_json({**filters.to_json(), **parts}) if any(parts.values()) else filters


def _read_times(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    return [_read_time(one) for one in given if not isinstance(one, Mapping) or one.get("type") != "all_time"]


def _read_time(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    members = {
        "yearly": {"year": _read_whole(given.get("year"))},
        "quarterly": {name: _read_whole(given.get(name)) for name in ("year", "quarter")},
        "custom": {
            "start_date": given.get("startDate") or given.get("start_date"),
            "end_date": given.get("endDate") or given.get("end_date"),
        },
    }
    kind = given.get("type")
    return {"type": kind, **(members.get(kind, {}) if isinstance(kind, str) else {})}


def _read_amounts(given: Any) -> Any:
    if not isinstance(given, Mapping) or {**given} == ANY_AMOUNT:
        return given if not isinstance(given, Mapping) else None
    least, most = given.get("min"), given.get("max")
    if _is_number(least):
        # Ends of bars come with all digits of a double; amounts are whole centavos, so that nothing is lost.
        least = max(Decimal(0), _round(least, ROUND_CEILING))
    if _is_number(most):
        most = None if most > MAX_AMOUNT else _round(most, ROUND_FLOOR)
    return {"min": least, "max": most}


def _is_number(given: Any) -> TypeGuard[float]:
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= 10**20


def _round(number: float, rounding: str) -> Decimal:
    return Decimal(repr(number)).quantize(Decimal("0.01"), rounding=rounding)


def _read_flag(given: Any) -> Any:
    return {"true": True, "1": True, "false": False, "0": False}.get(str(given).lower(), given)


def _read_whole(given: Any) -> Any:
    digits = isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 10
    return int(given) if digits else given
