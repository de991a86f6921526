"""The exact headers of the raw files, generation by generation, and where each column's text is taken from.

A record is a tuple of texts in the order of ``SLOTS``; a layout picks a file's columns out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

NOTICE_SLOTS = (
    "reference_id",
    "solicitation_number",
    "notice_title",
    "publish_date",
    "closing_date",
    "prebid_date",
    "organization_name",
    "area_of_delivery",
    "business_category",
    "approved_budget",
    "notice_status",
)
PROFILE_SLOTS = (
    "classification",
    "notice_type",
    "procurement_mode",
    "funding_source",
    "funding_instrument",
    "trade_agreement",
    "duration",
    "calendar_type",
    "created_by",
    "region",
    "province",
    "city",
    "branch",
    "entity_type",
    "entity_group",
    "award_type",
    "reason",
    "country",
    "awardee_region",
    "awardee_province",
    "awardee_city",
    "awardee_size",
    "joint_venture",
    "contact_person",
)
AWARD_SLOTS = (
    "award_number",
    "award_title",
    "awardee_name",
    "contract_amount",
    "contract_number",
    "award_publish_date",
    "award_date",
    "proceed_date",
    "effective_date",
    "end_date",
    "award_status",
    "bidders",
)
LINE_SLOTS = (
    "line_number",
    "item_budget",
    "item_name",
    "item_description",
    "quantity",
    "unit",
    "unspsc_code",
    "unspsc_description",
)
PROJECT_SLOTS = (
    "project_id",
    "funding_year",
    "start_date",
    "completion_date",
    "latitude",
    "longitude",
    "island",
    "district",
    "contractors",
    "capital",
    "capital_latitude",
    "capital_longitude",
)
"""Of the flood control programme; records of the main source end before them."""
# A column and not the name of the file or a line above the header: it stays with rows that are renamed,
# saved anew, cut or joined.
SAMPLE_HEADER, INVENTED = "Sample data (invented)", "invented"
"""The last column of every file, by which an import knows that its contracts are none, and its cells."""
SLOTS = NOTICE_SLOTS + PROFILE_SLOTS + AWARD_SLOTS + LINE_SLOTS + PROJECT_SLOTS
SLOT = {name: number for number, name in enumerate(SLOTS)}

_S1 = """
Organization Name=organization_name | Reference ID=reference_id | Solicitation No.=solicitation_number
| Notice Title=notice_title | Publish Date=publish_date | Classification=classification
| Notice Type=notice_type | Business Category=business_category | Funding Source=funding_source
| Funding Instrument=funding_instrument | Procurement Mode=procurement_mode | Trade Agreement=trade_agreement
| Approved Budget of the Contract=approved_budget | Area of Delivery=area_of_delivery
| Contract Duration=duration | Calendar Type=calendar_type | Line Item No=line_number | Item Name=item_name
| Item Desc=item_description | Quantity=quantity | UOM=unit | Item Budget=item_budget
| PreBid Date=prebid_date | Closing Date=closing_date | Notice Status=notice_status | Award No.=award_number
| Award Title=award_title | Award Type=award_type | UNSPSC Code=unspsc_code
| UNSPSC Description=unspsc_description | Awardee Corporate Title=awardee_name
| Contract Amount=contract_amount | Contract No=contract_number | Publish Date(Award)=award_publish_date
| Award Date=award_date | Notice to Proceed Date=proceed_date | Contract Efectivity Date=effective_date
| Contract End Date=end_date | Reason for Award=reason | Award Status=award_status
"""
_S3 = """
Procuring Entity=organization_name | Bid Reference No.=reference_id | Solicitation No.=solicitation_number
| Notice Title=notice_title | Notice Type=notice_type | Classification=classification
| Procurement Mode=procurement_mode | Business Category=business_category | Funding Source=funding_source
| Funding Instrument=funding_instrument | Trade Agreement=trade_agreement
| Approved Budget of the Contract=approved_budget | Published Date=publish_date | Closing Date=closing_date
| PreBid Date=prebid_date | Area of Delivery=area_of_delivery | Contract Duration=duration
| Calendar Type=calendar_type | Line Item No=line_number | Item Name=item_name
| Item Description=item_description | Quantity=quantity | UOM=unit | Item Budget=item_budget
| Notice Status=notice_status | Created By=created_by | Award No.=award_number | Award Title=award_title
| Award Type=award_type | UNSPSC Code=unspsc_code | UNSPSC Description=unspsc_description
| Published Date(Award)=award_publish_date | Award Date=award_date | Notice to Proceed Date=proceed_date
| Contract No=contract_number | Contract Amount=contract_amount | Contract Efectivity Date=effective_date
| Contract End Date=end_date | Award Status=award_status | Reason for Award=reason
| Awardee Organization Name=awardee_name | Awardee Contact Person=contact_person | List of Bidder's=bidders
"""
_S4 = """
Procuring Entity (PE)=organization_name | Region=region | Province=province | City/Municipality=city
| Government Branch=branch | PE Organization Type=entity_type | PE Organization Type (Grouped)=entity_group
| Bid Reference No.=reference_id | Notice Title=notice_title | Classification=classification
| Procurement Mode=procurement_mode | Business Category=business_category | Funding Source=funding_source
| Funding Instrument=funding_instrument | Trade Agreement=trade_agreement
| Approved Budget of the Contract=approved_budget | Published Date=publish_date | Closing Date=closing_date
| Area of Delivery=area_of_delivery | Contract Duration=duration | Calendar Type=calendar_type
| Line Item No=line_number | Item Name=item_name | Item Description=item_description | Quantity=quantity
| UOM=unit | Item Budget=item_budget | Bid Notice Status=notice_status | Award Reference No.=award_number
| Award Title=award_title | UNSPSC Code=unspsc_code | UNSPSC Description=unspsc_description
| Published Date(Award)=award_publish_date | Award Date=award_date | Contract Amount=contract_amount
| Award Notice Status=award_status | Notice to Proceed Date=proceed_date
| Contract Effectivity Date=effective_date | Contract End Date=end_date
| Awardee Organization Name=awardee_name | Country of Awardee=country | Region of Awardee=awardee_region
| Province of Awardee=awardee_province | City/Municipality of Awardee=awardee_city
| Awardee Size=awardee_size | Awardee Joint Venture=joint_venture
"""
_S6 = """
Procuring Entity=organization_name | Region=region | Province=province | City/Municipality=city
| Government Branch=branch | PE Organization Type=entity_type | PE Organization Type (Grouped)=entity_group
| Bid Reference No.=reference_id | Notice Title=notice_title | Classification=classification
| Procurement Mode=procurement_mode | Business Category=business_category | Source of Funds=funding_source
| Trade Agreement=trade_agreement | Approved Budget of the Contract (ABC)=approved_budget
| Published Date=publish_date | Closing Date=closing_date | Area of Delivery=area_of_delivery
| Contract Duration=duration | Calendar Type=calendar_type | Lot Type=award_type | Item Code=line_number
| Item/Lot Name=item_name | Item/Lot Description=item_description | Quantity=quantity | Unit of Measure=unit
| Item Budget=item_budget | Bid Notice Status=notice_status | Award Reference No.=award_number
| Award Title=award_title | UNSPSC Code=unspsc_code | UNSPSC Description=unspsc_description
| Published Date (Award)=award_publish_date | Award Date=award_date | Contract Amount=contract_amount
| Award Notice Status=award_status | Notice to Proceed Date=proceed_date
| Contract Effectivity Date=effective_date | Contract End Date=end_date
| Awardee Organization Name=awardee_name | Country of Awardee=country | Region of Awardee=awardee_region
| Province of Awardee=awardee_province | City/Municipality of Awardee=awardee_city
| Awardee Size=awardee_size | Awardee Joint Venture=joint_venture
"""
_FLOOD = """
MainIsland=island | Region=region | Province=province | LegislativeDistrict=district | Municipality=city
| DistrictEngineeringOffice=organization_name | ProjectId=project_id | ProjectName=award_title
| TypeOfWork=classification | FundingYear=funding_year | ContractId=contract_number
| ApprovedBudgetForContract=approved_budget | ContractCost=contract_amount
| ActualCompletionDate=completion_date | Contractor=awardee_name | ContractorCount=contractors
| StartDate=start_date | ProjectLatitude=latitude | ProjectLongitude=longitude | ProvincialCapital=capital
| ProvincialCapitalLatitude=capital_latitude | ProvincialCapitalLongitude=capital_longitude
"""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One generation's columns. ``pick`` turns a record into a row of the file."""

    generation: str
    header: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def pick(self) -> Callable[[Sequence[str]], tuple[str, ...]]:
        take = itemgetter(*(SLOT[slot] for slot in self.slots))
        # A blank row stays blank.
        return lambda record: (*take(record), INVENTED if any(record) else "")


def read_layout(generation: str, text: str) -> Layout:
    """``Header=slot | Header=slot ...`` in file order -> layout."""
    pairs = [" ".join(entry.split()).split("=") for entry in text.split("|")]
    return Layout(
        generation=generation,
        header=(*(header for header, _ in pairs), SAMPLE_HEADER),
        slots=tuple(slot for _, slot in pairs),
    )


S1 = read_layout("S1", _S1)
S2 = read_layout("S2", _S1.replace("UOM=unit", "Unit of Measurement=unit"))
S3 = read_layout("S3", _S3)
S4 = read_layout("S4/S5", _S4)
"""Also S5: the re-export of 2021-2024 has the columns of 2025."""
S6 = read_layout("S6", _S6)
FLOOD = read_layout("flood", _FLOOD)
