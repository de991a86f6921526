"""The second source: the flood-control projects of Sumbong sa Pangulo, as published, as the site's own
interface gives them, and as somebody has derived them for a dashboard.

None of them says on which day a contract was awarded.
"""

from __future__ import annotations

from contracts.fields import FLOOD_CONTROL
from contracts.ingest.sources.layout import Generation, read_columns

_SYSTEM = "sumbong"
_CATEGORY = "Flood Control"

# All 22 columns; 9,827 of its 9,855 rows have a cost, and the others are later years (rows.later_years).
_PUBLISHED = """
MainIsland | Region=area_of_delivery | Province=area_of_delivery | LegislativeDistrict
| Municipality=area_of_delivery | DistrictEngineeringOffice=organization_name | ProjectId=project_id
| ProjectName=award_title | TypeOfWork=classification | FundingYear=funding_year
| ContractId=contract_number | ApprovedBudgetForContract=approved_budget | ContractCost=contract_amount
| ActualCompletionDate=completion_date | Contractor=awardee_name | ContractorCount | StartDate=start_date
| ProjectLatitude=latitude | ProjectLongitude=longitude | ProvincialCapital | ProvincialCapitalLatitude
| ProvincialCapitalLongitude
"""
_SITE = """
project_id=project_id | description=award_title | location=area_of_delivery | contractor=awardee_name
| cost=contract_amount | completion_date=completion_date | report_contract_id=contract_number
| start_date=start_date | project_type=classification | funding_year=funding_year | report_year
| region=area_of_delivery | lat=latitude | lng=longitude
"""
# Its award_date is the day of completion, in all 8,414 rows that can be matched with the published file.
_DERIVED = """
award_date=completion_date | contract_number=contract_number | award_title=award_title
| notice_title=notice_title | awardee_name=awardee_name | organization_name=organization_name
| area_of_delivery=area_of_delivery | business_category=business_category
| contract_amount=contract_amount
"""

_PUBLISHED_FILE = Generation(
    name="flood",
    source=FLOOD_CONTROL,
    system=_SYSTEM,
    columns=read_columns(_PUBLISHED),
    joined={"area_of_delivery": ("Municipality", "Province", "Region")},
    constants={"business_category": _CATEGORY},
    needed=frozenset({"project_id", "award_title", "contract_number", "awardee_name", "contract_amount"}),
    expected=frozenset({"awardee_name", "contract_number"}),
)
_SITE_FILE = Generation(
    name="flood-site",
    source=FLOOD_CONTROL,
    system=_SYSTEM,
    columns=read_columns(_SITE),
    joined={"area_of_delivery": ("location", "region")},
    constants={"business_category": _CATEGORY},
    needed=frozenset({"project_id", "award_title", "awardee_name", "contract_amount"}),
    expected=frozenset({"awardee_name"}),
)
_DERIVED_FILE = Generation(
    # No project number: each row is an award of its own, exact duplicates aside.
    name="flood-derived",
    source=FLOOD_CONTROL,
    system=_SYSTEM,
    columns=read_columns(_DERIVED),
    needed=frozenset({"award_title", "awardee_name", "contract_amount"}),
    expected=frozenset({"awardee_name"}),
    remark=(
        "nine columns that somebody has derived from the published file: a part of its rows, amounts that may"
        " be centavos off, and in award_date the day of completion, which is read as that; import the"
        " published file of 22 columns instead, and never both"
    ),
)

GENERATIONS = (_PUBLISHED_FILE, _SITE_FILE, _DERIVED_FILE)
