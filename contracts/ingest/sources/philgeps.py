"""The main source: what PhilGEPS publishes every quarter, in six generations of columns."""

from __future__ import annotations

from contracts.fields import PHILGEPS
from contracts.ingest.sources.layout import Generation, pair_spellings, read_columns

# S1 to S3 have columns that their successors lack, the contract number among them.
_S1 = """
Organization Name=organization_name | Reference ID=reference_id | Solicitation No.
| Notice Title=notice_title | Publish Date=publish_date | Classification=classification | Notice Type
| Business Category=business_category | Funding Source=funding_source | Funding Instrument
| Procurement Mode=procurement_mode | Trade Agreement | Approved Budget of the Contract=approved_budget
| Area of Delivery=area_of_delivery | Contract Duration | Calendar Type | Line Item No | Item Name
| Item Desc | Quantity | UOM | Item Budget | PreBid Date | Closing Date=closing_date | Notice Status
| Award No.=award_number | Award Title=award_title | Award Type | UNSPSC Code | UNSPSC Description
| Awardee Corporate Title=awardee_name | Contract Amount=contract_amount | Contract No=contract_number
| Publish Date(Award) | Award Date=award_date | Notice to Proceed Date | Contract Efectivity Date
| Contract End Date | Reason for Award | Award Status=award_status
"""
# Created By, Awardee Contact Person and List of Bidder's are personal data: they have no field, so that
# nothing of them is kept. S4 dropped them.
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
| Contract Amount=contract_amount | Contract Efectivity Date | Contract End Date
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
_S6 = """
Procuring Entity=organization_name | Region | Province | City/Municipality | Government Branch
| PE Organization Type | PE Organization Type (Grouped) | Bid Reference No.=reference_id
| Notice Title=notice_title | Classification=classification | Procurement Mode=procurement_mode
| Business Category=business_category | Source of Funds=funding_source | Trade Agreement
| Approved Budget of the Contract (ABC)=approved_budget | Published Date=publish_date
| Closing Date=closing_date | Area of Delivery=area_of_delivery | Contract Duration | Calendar Type
| Lot Type | Item Code | Item/Lot Name | Item/Lot Description | Quantity | Unit of Measure | Item Budget
| Bid Notice Status | Award Reference No.=award_number | Award Title=award_title | UNSPSC Code
| UNSPSC Description | Published Date (Award) | Award Date=award_date | Contract Amount=contract_amount
| Award Notice Status=award_status | Notice to Proceed Date | Contract Effectivity Date
| Contract End Date | Awardee Organization Name=awardee_name | Country of Awardee | Region of Awardee
| Province of Awardee | City/Municipality of Awardee | Awardee Size | Awardee Joint Venture
"""
_RENAMED = (
    "Organization Name | Procuring Entity | Procuring Entity (PE)",
    "Reference ID | Bid Reference No. | Bid Reference Number",
    "Publish Date | Published Date",
    "Funding Source | Source of Funds",
    "Approved Budget of the Contract | Approved Budget of the Contract (ABC)",
    "Item Name | Item/Lot Name",
    "Item Desc | Item Description | Item/Lot Description",
    "UOM | Unit of Measurement | Unit of Measure",
    "Notice Status | Bid Notice Status",
    "Award No. | Award Reference No. | Award Number",
    "Publish Date(Award) | Published Date(Award) | Published Date (Award)",
    "Award Status | Award Notice Status",
    "Awardee Corporate Title | Awardee Organization Name",
    "Contract No | Contract Number",
)
"""Names of one column: what one generation calls so, a file of another may have been given."""

# Without one of these columns its contracts would have no buyer, identity, supplier, time or amount.
_NEEDED = (
    "organization_name",
    "reference_id",
    "award_number",
    "awardee_name",
    "award_date",
    "contract_amount",
)


def _define(name: str, text: str, *, also: tuple[str, ...] = (), system: str = "philgeps") -> Generation:
    columns = read_columns(text)
    return Generation(
        name=name,
        also=also,
        source=PHILGEPS,
        system=system,
        columns=columns,
        spellings=pair_spellings(columns, _RENAMED),
        needed=frozenset(_NEEDED),
        expected=frozenset({"reference_id", "award_number", "awardee_name"}),
    )


GENERATIONS = (
    _define("S1", _S1),
    _define("S2", _S1.replace("| UOM |", "| Unit of Measurement |")),
    _define("S3", _S3),
    # They share one header, so that a file cannot say which of the two it is.
    _define("S4/S5", _S4, also=("S4", "S5")),
    # The system behind it began its numbers anew: bids at 3827, awards at 1365.
    _define("S6", _S6, system="philgeps-2025"),
)
