"""The five generations of raw files: their exact columns, and which of them become which field.

Knows header names only; how a file is read and what its cells mean is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.sql import FLOOD_CONTROL, PHILGEPS

HEADER_WITHIN_ROWS = 30
"""How far down a header is looked for: raw files carry lines about themselves above it."""


MAX_HEADER_CELLS = 16_384
"""A sheet has no more columns; a line of eight million commas is not worth looking at."""
_SHOWN_NAMES, _SHOWN_CHARACTERS = 10, 60


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One kind of raw file. ``columns``: normalised header name -> field, or None for a column not kept.

    ``expected`` fields are missed where an awarded row lacks them. ``system`` gave out the numbers: equal
    ones of two systems are strangers.
    """

    name: str
    source: str
    columns: dict[str, str | None]
    expected: frozenset[str]
    system: str


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header row as found. ``width`` columns are named; ``positions`` says in which one a field stands."""

    generation: Generation
    width: int
    positions: dict[str, int]


@dataclass(frozen=True)
class HeaderFault:
    """A row that is nearly a header, and what is wrong with it, in words."""

    message: str


def normalise_name(text: str) -> str:
    """The form in which header names are compared; PhilGEPS itself writes both Efectivity and Effectivity."""
    return " ".join(text.split()).casefold().replace("efectivity", "effectivity")


def match_header(cells: Sequence[str]) -> Header | HeaderFault | None:
    """What ``cells`` are: the header of a generation, nearly one, or no header (None)."""
    if len(cells) > MAX_HEADER_CELLS:
        return None
    names = [normalise_name(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    nearest = max(GENERATIONS, key=lambda generation: len(generation.columns.keys() & set(names)))
    wanted = nearest.columns
    if 2 * len(wanted.keys() & set(names)) < len(wanted):
        return None
    if fault := _find_fault(names, nearest):
        return fault
    positions = {field: place for place, name in enumerate(names) if (field := wanted[name])}
    return Header(generation=nearest, width=len(names), positions=positions)


def _find_fault(names: Sequence[str], nearest: Generation) -> HeaderFault | None:
    missing = [name for name in nearest.columns if name not in names]
    unknown = [name for name in names if name not in nearest.columns]
    repeated = [name for name in nearest.columns if names.count(name) > 1]
    faults = [
        f"{what} {_list_names(culprits)}"
        for what, culprits in (("lacks", missing), ("does not know", unknown), ("has twice", repeated))
        if culprits
    ]
    if not faults:
        return None
    return HeaderFault(f"its header resembles generation {nearest.name}, but {' and '.join(faults)}")


def _list_names(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:_SHOWN_CHARACTERS]) for name in names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown} and {len(names) - _SHOWN_NAMES:,} more"


def _read_columns(text: str) -> dict[str, str | None]:
    """``Header=field | Header | ...`` in file order."""
    pairs = [entry.partition("=") for entry in text.split("|")]
    return {normalise_name(header): field.strip() or None for header, _, field in pairs}


_S1 = """
Organization Name=organization_name | Reference ID=reference_id | Solicitation No.
| Notice Title=notice_title | Publish Date=publish_date | Classification=classification | Notice Type
| Business Category=business_category | Funding Source=funding_source | Funding Instrument
| Procurement Mode=procurement_mode | Trade Agreement | Approved Budget of the Contract=approved_budget
| Area of Delivery=area_of_delivery | Contract Duration | Calendar Type | Line Item No | Item Name
| Item Desc | Quantity | UOM | Item Budget | PreBid Date | Closing Date=closing_date | Notice Status
| Award No.=award_number | Award Title=award_title | Award Type | UNSPSC Code | UNSPSC Description
| Awardee Corporate Title=awardee_name | Contract Amount=contract_amount | Contract No=contract_number
| Publish Date(Award) | Award Date=award_date | Notice to Proceed Date | Contract Effectivity Date
| Contract End Date | Reason for Award | Award Status=award_status
"""
_S3 = """
Procuring Entity=organization_name | Bid Reference No.=reference_id | Solicitation No.
| Notice Title=notice_title | Notice Type | Classification=classification
| Procurement Mode=procurement_mode | Business Category=business_category | Funding Source=funding_source
| Funding Instrument | Trade Agreement | Approved Budget of the Contract=approved_budget
| Published Date=publish_date | Closing Date=closing_date | PreBid Date
| Area of Delivery=area_of_delivery | Contract Duration | Calendar Type | Line Item No | Item Name
| Item Description | Quantity | UOM | Item Budget | Notice Status | Created By | Award No.=award_number
| Award Title=award_title | Award Type | UNSPSC Code | UNSPSC Description | Published Date(Award)
| Award Date=award_date | Notice to Proceed Date | Contract No=contract_number
| Contract Amount=contract_amount | Contract Effectivity Date | Contract End Date
| Award Status=award_status | Reason for Award | Awardee Organization Name=awardee_name
| Awardee Contact Person | List of Bidder's
"""
_S4 = """
Procuring Entity (PE)=organization_name | Region | Province | City/Municipality | Government Branch
| PE Organization Type | PE Organization Type (Grouped) | Bid Reference No.=reference_id
| Notice Title=notice_title | Classification=classification | Procurement Mode=procurement_mode
| Business Category=business_category | Funding Source=funding_source | Funding Instrument
| Trade Agreement | Approved Budget of the Contract=approved_budget | Published Date=publish_date
| Closing Date=closing_date | Area of Delivery=area_of_delivery | Contract Duration | Calendar Type
| Line Item No | Item Name | Item Description | Quantity | UOM | Item Budget | Bid Notice Status
| Award Reference No.=award_number | Award Title=award_title | UNSPSC Code | UNSPSC Description
| Published Date(Award) | Award Date=award_date | Contract Amount=contract_amount
| Award Notice Status=award_status | Notice to Proceed Date | Contract Effectivity Date
| Contract End Date | Awardee Organization Name=awardee_name | Country of Awardee | Region of Awardee
| Province of Awardee | City/Municipality of Awardee | Awardee Size | Awardee Joint Venture
"""
_FLOOD = """
award_date=award_date | contract_number=contract_number | award_title=award_title
| notice_title=notice_title | awardee_name=awardee_name | organization_name=organization_name
| area_of_delivery=area_of_delivery | business_category=business_category
| contract_amount=contract_amount
"""


def _define_philgeps(name: str, columns: str) -> Generation:
    return Generation(
        name=name,
        source=PHILGEPS,
        columns=_read_columns(columns),
        expected=frozenset({"reference_id", "award_number", "awardee_name"}),
        system="philgeps",
    )


GENERATIONS: tuple[Generation, ...] = (
    _define_philgeps("S1", _S1),
    _define_philgeps("S2", _S1.replace("| UOM |", "| Unit of Measurement |")),
    _define_philgeps("S3", _S3),
    _define_philgeps("S4/S5", _S4),
    Generation(
        name="flood",
        source=FLOOD_CONTROL,
        columns=_read_columns(_FLOOD),
        expected=frozenset({"awardee_name"}),
        system="sumbong",
    ),
)
"""S4 and S5 share one header, so that a file cannot say which of the two it is."""
