"""Contracts as they stand in lists of evidence: enough of each to know it by, and the way to its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from contracts.engine.records.addresses import make_address
from contracts.fields import Also, Pesos


class ShownContract(TypedDict):
    """Enough of a contract to know it by. ``address`` leads to its page below ``/contracts/``; it is null
    where the contract has no number."""

    address: str | None
    award_title: str | None
    notice_title: str | None
    awardee_name: str | None
    organization_name: str | None
    award_date: Annotated[str, Also(format="date")] | None
    contract_amount: Pesos


def show_contract(row: Mapping[str, str | int | None]) -> ShownContract:
    """Of a row that has the columns ``contracts.engine.records.record.TOLD``."""
    address = make_address(row)
    return {
        "address": "/".join(address.parts) if address else None,
        "award_title": _text(row["award_title"]),
        "notice_title": _text(row["notice_title"]),
        "awardee_name": _text(row["awardee_name"]),
        "organization_name": _text(row["organization_name"]),
        "award_date": _text(row["award_date"]),
        "contract_amount": str(row["contract_amount"]),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)
