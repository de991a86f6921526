"""The contracts of one contracting process -> one compiled release."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, TypeAlias

from contracts.fields import FLOOD_CONTROL
from contracts.questions.entities.addresses import make_slug
from contracts.writers.ocds.codes import find_category, find_method, find_status

Json: TypeAlias = "str | float | Mapping[str, Json] | Sequence[Json] | None"
Members: TypeAlias = "dict[str, Json]"

MANILA = timezone(timedelta(hours=8))
LOCATION = (
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_location_extension/v1.1.5/"
    "extension.json"
)
"""The extension that says where things are delivered."""
SCHEME = "PhilGEPS"
"""Whose list business categories are of: none that OCDS knows."""
# Made once: json.dumps with other separators makes an encoder for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# A name stands in many contracts near each other; what is kept does not grow with their number.
_REMEMBERED_NAMES = 20_000


class Row(NamedTuple):
    """A contract, as the engine gives those of a process (``contracts.engine.sql.PROCESS_COLUMNS``). Days are
    ISO text; amounts are doubles, which hold pesos to the centavo up to 90 trillion."""

    process: str
    year: int | None
    reference_id: str | None
    award_number: str | None
    contract_number: str | None
    award_date: str | None
    publish_date: str | None
    closing_date: str | None
    start_date: str | None
    completion_date: str | None
    award_title: str | None
    notice_title: str | None
    awardee_name: str | None
    organization_name: str | None
    area_of_delivery: str | None
    latitude: str | None
    longitude: str | None
    business_category: str | None
    classification: str | None
    procurement_mode: str | None
    funding_source: str | None
    award_status: str | None
    approved_budget: float | None
    contract_amount: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What releases have in common. ``prefix`` is of their ids; ``version`` is the dataset version, and
    ``published_at`` when it was made; ``name`` tells this selection of it from others."""

    prefix: str
    publisher: str
    version: str
    published_at: datetime
    name: str

    @property
    def published(self) -> str:
        return self.published_at.astimezone(MANILA).isoformat(timespec="seconds")


def compile_release(rows: Sequence[Row], publication: Publication) -> str:
    """The release of one process as JSON; ``rows`` are all of its contracts."""
    first = rows[0]
    ocid = make_ocid(first, publication.prefix)
    day = max((row.award_date for row in rows if row.award_date), default=None)
    buyers, suppliers = (
        list(dict.fromkeys(name for name in names if name))
        for names in ((row.organization_name for row in rows), (row.awardee_name for row in rows))
    )
    release: Members = {
        "ocid": ocid,
        "id": f"{ocid}-{publication.version}",
        "date": _begin(day) or publication.published,
        "tag": ["compiled"],
        "initiationType": "tender",
        "language": "en",
        "parties": _list_parties(buyers, suppliers),
        "buyer": _refer(buyers[0]) if buyers else None,
        "planning": _keep({"budget": _keep({"description": first.funding_source})}),
        "tender": _describe_tender(rows),
        "awards": _list_awards(rows),
        "contracts": _list_contracts(rows),
    }
    return _ENCODER.encode(_keep(release))


def make_ocid(row: Row, prefix: str) -> str:
    """The id of a row's process: the same in every dataset version and every selection."""
    # With the year, because the system of 2025 gave numbers anew from 1 on.
    number = re.sub(r"\s+", "_", row.process)
    return f"{prefix}-{number}" if row.year is None else f"{prefix}-{number}-{row.year}"


def _list_parties(buyers: Sequence[str], suppliers: Sequence[str]) -> Json:
    roles: dict[str, list[str]] = {name: ["buyer", "procuringEntity"] for name in buyers}
    for name in suppliers:
        roles.setdefault(name, []).append("supplier")
    return [{**_refer(name), "roles": roles[name]} for name in roles]


def _refer(name: str) -> dict[str, str]:
    return {"id": _make_id(name), "name": name}


@functools.lru_cache(_REMEMBERED_NAMES)
def _make_id(name: str) -> str:
    return make_slug(name)


def _describe_tender(rows: Sequence[Row]) -> Json:
    first = rows[0]
    category, closer = find_category(first.classification, flood_control=first.source == FLOOD_CONTROL)
    # Where its lots have budgets of their own, no row says that of the whole.
    budgets = {row.approved_budget for row in rows}
    period = _keep({"startDate": _begin(first.publish_date), "endDate": _end(first.closing_date)})
    return _keep(
        {
            "id": first.reference_id or first.process,
            "title": first.notice_title,
            "status": "complete",
            "procuringEntity": _refer(first.organization_name) if first.organization_name else None,
            "value": _pay(first.approved_budget) if len(budgets) == 1 else None,
            "procurementMethod": find_method(first.procurement_mode),
            "procurementMethodDetails": first.procurement_mode,
            "mainProcurementCategory": category,
            "additionalProcurementCategories": [closer] if closer else None,
            "tenderPeriod": period,
        }
    )


def _list_awards(rows: Sequence[Row]) -> Json:
    return [
        _keep(
            {
                "id": number,
                "title": row.award_title,
                "status": find_status(row.award_status),
                "date": _begin(row.award_date),
                "value": _pay(row.contract_amount),
                "suppliers": [_refer(row.awardee_name)] if row.awardee_name else None,
                "items": _list_items(row),
            }
        )
        for number, row in zip(_number_awards(rows), rows, strict=True)
    ]


def _list_contracts(rows: Sequence[Row]) -> Json:
    """Those that have a number of their own or say when they are carried out."""
    shown = [
        (award, row)
        for award, row in zip(_number_awards(rows), rows, strict=True)
        if row.contract_number or row.start_date or row.completion_date
    ]
    numbers = tell_apart(row.contract_number or award for award, row in shown)
    return [
        _keep(
            {
                "id": number,
                "awardID": award,
                "value": _pay(row.contract_amount),
                "period": _keep({"startDate": _begin(row.start_date), "endDate": _end(row.completion_date)}),
            }
        )
        for number, (award, row) in zip(numbers, shown, strict=True)
    ]


def _number_awards(rows: Sequence[Row]) -> Sequence[str]:
    return tell_apart(row.award_number or row.contract_number or "award" for row in rows)


def tell_apart(numbers: Iterable[str]) -> Sequence[str]:
    """The numbers, those that came before with a count behind."""
    told: list[str] = []
    seen: Counter[str] = Counter()
    taken: set[str] = set()
    for number in numbers:
        spelled = number
        # Not by one count alone: "7-2" may be somebody's own number.
        while spelled in taken:
            seen[number] += 1
            spelled = f"{number}-{seen[number] + 1}"
        taken.add(spelled)
        told.append(spelled)
    return told


def _list_items(row: Row) -> Json:
    """One item for all that was bought: the rows of a contract are not told apart any more."""
    category = row.business_category
    item = _keep(
        {
            "classification": {"scheme": SCHEME, "id": category, "description": category}
            if category
            else None,
            "deliveryAddress": _keep({"region": row.area_of_delivery}),
            "deliveryLocation": _locate(row),
        }
    )
    return [{"id": "1", **item}] if item else None


def _locate(row: Row) -> Json:
    # GeoJSON has the longitude first. Texts are as published, and may be no numbers.
    try:
        place: Json = [float(row.longitude or ""), float(row.latitude or "")]
    except ValueError:
        return None
    return {"geometry": {"type": "Point", "coordinates": place}}


def _pay(amount: float | None) -> Json:
    return None if amount is None else {"amount": amount, "currency": "PHP"}


def _begin(day: str | None) -> str | None:
    return day and f"{day}T00:00:00+08:00"


def _end(day: str | None) -> str | None:
    # The day itself is within the period.
    return day and f"{day}T23:59:59+08:00"


def _keep(members: Members) -> Members:
    """Those that say something: empty ones are no part of a release."""
    return {name: value for name, value in members.items() if value not in (None, {}, [])}
