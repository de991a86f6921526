"""What an alert tells of a contract: enough to know it by, a way to it, and what is other than before."""

from __future__ import annotations

from decimal import Decimal

from contracts.engine.records.addresses import make_address
from contracts.engine.records.identities import Identified
from contracts.engine.store import Reader
from monitors.checking.seen import Difference
from monitors.wording import Match

TOLD = 100
"""Contracts that an alert tells one by one; it counts them all."""
_COLUMNS = (
    *("reference_id", "project_id", "award_number", "contract_number", "award_title", "notice_title"),
    *("awardee_name", "organization_name", "award_date", "contract_amount", "source"),
)


def describe_matches(reader: Reader, found: Identified, difference: Difference) -> list[Match]:
    """The first of what is other, the largest of the new ones before all."""
    # Most will look no further than at the first ones.
    by_amount = difference.new[found.amounts[difference.new].argsort(kind="stable")[::-1]][:TOLD]
    places = [*by_amount.tolist(), *difference.amended.tolist()][:TOLD]
    before = dict(zip(difference.amended.tolist(), difference.before.tolist(), strict=True))
    rows = reader.read_contracts(_COLUMNS, [int(found.ids[place]) for place in places])
    return [_describe(row, before.get(place)) for row, place in zip(rows, places, strict=True)]


def _describe(row: dict[str, str | int | None], before: int | None) -> Match:
    address = make_address(row)
    return {
        "change": "new" if before is None else "amended",
        "title": _text(row["award_title"] or row["notice_title"]),
        "contractor": _text(row["awardee_name"]),
        "organization": _text(row["organization_name"]),
        "award_date": _text(row["award_date"]),
        "amount": str(row["contract_amount"]),
        "before": None if before is None else f"{Decimal(before).scaleb(-2):.2f}",
        "path": None if address is None else "/contracts/" + "/".join(address.parts) + "/",
    }


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
