"""All at a glance of one entity, found for about what one answer of totals costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import cast

from contracts.engine.aggregates import Answer, Part
from contracts.engine.cursor import Cursor
from contracts.engine.entities.answers import (
    Beside,
    Entity,
    LargeContract,
    LargestPartner,
    NamedEntity,
    Partner,
    Partners,
)
from contracts.engine.entities.spellings import make_spelling_key, write_pattern
from contracts.engine.matching import Matcher
from contracts.engine.records.addresses import make_address
from contracts.engine.sql import select_by_id
from contracts.engine.totals import answer_aggregation
from contracts.errors import UnknownEntity
from contracts.questions.entities.addresses import make_slug, read_key
from contracts.questions.entities.kinds import KINDS, EntityKind
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation, Query, Sort
from contracts.snapshot.expressions import Statement

PARTNERS = CONTRACTS = 10
_COLUMNS = (
    "reference_id",
    "project_id",
    "award_number",
    "contract_number",
    "award_date",
    "award_title",
    "notice_title",
    "awardee_name",
    "organization_name",
    "contract_amount",
)
_LARGEST = Sort(field="contract_amount", descending=True)


@dataclass(frozen=True)
class Known:
    """A name with its contracts and pesos, without and with the second source."""

    name: str
    main_rows: int
    main_value: Decimal
    all_rows: int
    all_value: Decimal


def locate(kind: EntityKind, slug: str, cursor: Cursor) -> Known:
    """The name that a slug stands for. Raises UnknownEntity."""
    key = read_key(slug)
    if key is None:
        raise UnknownEntity(f"{slug!r} is no address of a name")
    # Hashed are the names that begin as the words of the slug do: all of them would take a tenth of a second.
    found = cursor.fetch(_select_by_key(kind, key, beginning=slug[:3].partition("-")[0]), Known)
    found = found or cursor.fetch(_select_by_key(kind, key), Known)
    # Two names may have a key in common, but hardly the words before it too.
    exact = [known for known in found if make_slug(known.name) == slug]
    if not found:
        raise UnknownEntity(f"none of the {kind.exact.plural} of this dataset is at {slug!r}")
    return (exact or found)[0]


def describe(kind: EntityKind, known: Known, *, version: str, cursor: Cursor, matcher: Matcher) -> Entity:
    """All at a glance of one name."""
    filters = kind.filters_of(known.name)
    others = [other for other in KINDS.values() if other != kind]
    dimensions = ("by_year", "by_month", *(f"by_{other.exact.word}" for other in others))
    asked = Aggregation(filters=filters, dimensions=dimensions, top_n=PARTNERS)
    answer = answer_aggregation(asked, cursor, matcher)
    partners = [_shape_partners(other, answer) for other in others]
    first, last = matcher.rows.span_days(matcher.match_rows(filters)) or (None, None)
    return {
        "kind": kind.name,
        "slug": make_slug(known.name),
        "name": known.name,
        "filter": kind.filter,
        "dataset_version": version,
        "summary": answer["summary"],
        "first_award": _say_day(first),
        "last_award": _say_day(last),
        "years_active": sum(year["label"] is not None for year in answer["by_year"]),
        # Whom a contractor is paid by; of others, who is paid: contractors are declared first.
        "largest_partner": _name_largest(partners[0]),
        "by_year": answer["by_year"],
        "by_month": answer["by_month"],
        "partners": partners,
        "largest_contracts": _list_largest(filters, cursor, matcher),
        "spellings": list_spellings(kind, known.name, cursor),
        "flood_control": _count_beside(known),
    }


def _shape_partners(other: EntityKind, answer: Answer) -> Partners:
    # Dimensions of names are members that mypy does not see (contracts.engine.aggregates).
    parts = cast(dict[str, list[Part]], answer)[f"by_{other.exact.word}"]
    shaped = [cast(Partner, {**part, "slug": _slug_of(part["label"])}) for part in parts]
    return {"kind": other.name, "parts": shaped}


def _slug_of(label: str | None) -> str | None:
    return None if label is None else make_slug(label)


def _name_largest(partners: Partners) -> LargestPartner | None:
    for part in partners["parts"]:
        if part["label"] is not None and part["slug"] is not None:
            return {
                "kind": partners["kind"],
                "name": part["label"],
                "slug": part["slug"],
                "share": part["share"],
            }
    return None


def _list_largest(filters: Filters, cursor: Cursor, matcher: Matcher) -> list[LargeContract]:
    ids = matcher.list_ids(Query(filters=filters, sort=_LARGEST), range(CONTRACTS)).tolist()
    if not ids:
        return []
    rows = dict(cursor.fetch(select_by_id(_COLUMNS, ids), _shape_contract))
    return [rows[number] for number in ids]


def _shape_contract(
    number: int,
    reference_id: str | None,
    project_id: str | None,
    award_number: str | None,
    contract_number: str | None,
    award_date: date | None,
    award_title: str | None,
    notice_title: str | None,
    awardee_name: str | None,
    organization_name: str | None,
    contract_amount: Decimal,
) -> tuple[int, LargeContract]:
    numbers = {
        "reference_id": reference_id,
        "project_id": project_id,
        "award_number": award_number,
        "contract_number": contract_number,
    }
    address = make_address(numbers)
    return number, {
        "reference_id": reference_id,
        "award_number": award_number,
        "award_date": _say_day(award_date),
        "title": award_title if award_title is not None else notice_title,
        "contractor": awardee_name,
        "organization": organization_name,
        "contract_amount": f"{contract_amount:.2f}",
        "address": None if address is None else "/".join(address.parts),
    }


def _say_day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def list_spellings(kind: EntityKind, name: str, cursor: Cursor) -> list[NamedEntity]:
    """The other spellings of a name, those with most contracts first."""
    return list(_find_spellings(kind, name, cursor))


def _find_spellings(kind: EntityKind, name: str, cursor: Cursor) -> Iterator[NamedEntity]:
    key = make_spelling_key(name)
    # Of a name of signs alone, every other such name would be a spelling.
    found = cursor.fetch(_select_alike(kind, key), Known) if key else []
    for other in found:
        if other.name != name and make_spelling_key(other.name) == key:
            yield shape_named(other)


def shape_named(known: Known) -> NamedEntity:
    return {
        "name": known.name,
        "slug": make_slug(known.name),
        "count": known.main_rows,
        "total_value": f"{known.main_value:.2f}",
    }


def _count_beside(known: Known) -> Beside:
    return {
        "count": known.all_rows - known.main_rows,
        "total_value": f"{known.all_value - known.main_value:.2f}",
    }


_KNOWN = "SELECT label, main_rows, main_value, all_rows, all_value FROM labels WHERE field = $1"


def _select_by_key(kind: EntityKind, key: str, *, beginning: str = "") -> Statement:
    """Rows of Known whose names have a key, of those that begin in a way when they are folded."""
    # CASE and not AND, whose parts DuckDB takes in an order of its own.
    found = "CASE WHEN starts_with(folded, chr(1) || $2) THEN starts_with(sha256(label), $3) END"
    return Statement(f"{_KNOWN} AND {found} ORDER BY label", (kind.column, beginning, key))


def _select_alike(kind: EntityKind, key: str) -> Statement:
    """Rows of Known that may have a spelling key, those with most contracts first."""
    # By their first letter before all else, as the pattern takes ten times as long: left out are names that
    # begin with another letter, but not those that begin with a sign.
    # Compared as whole texts, of which DuckDB looks at the first four bytes.
    first = "starts_with(folded, chr(1) || $2) OR folded < chr(1) || 'a' OR folded >= chr(1) || '{'"
    found = f"CASE WHEN {first} THEN regexp_matches(folded, $3) END"
    return Statement(
        f"{_KNOWN} AND {found} ORDER BY main_rows DESC, label", (kind.column, key[0], write_pattern(key))
    )
