"""The one table of columns. SQL, the API's schema, Excel headers and the docs table are derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any


class Also:
    """What JSON Schema says of a value beyond its type, for ``Annotated``, whose parts must be hashable."""

    def __init__(self, **schema: Any) -> None:
        self.schema = schema


class Shown:
    """What JSON Schema shows in place of a type, for ``Annotated``: JSON that a ``hint`` describes better."""

    def __init__(self, hint: Any) -> None:
        self.hint = hint


# Text in JSON, whose numbers are doubles to most readers and lose centavos of large sums.
PESOS = Also(description="pesos, two decimals", pattern=r"^-?[0-9]+\.[0-9]{2}$")
Pesos = Annotated[str, PESOS]
"""An amount in JSON."""


class FieldType(Enum):
    """What a column holds; decides SQL type, JSON form and Excel format."""

    TEXT = "text"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    SHARE = "share"
    """A part of a whole, from 0 to 1, to six places. No contract has one; tables have."""

    @property
    def sql_type(self) -> str:
        # Centavos are exact, and 18 digits are the most that DuckDB keeps in 64 bits.
        return {
            "text": "VARCHAR",
            "integer": "BIGINT",
            "money": "DECIMAL(18,2)",
            "date": "DATE",
            "share": "DOUBLE",
        }[self.value]

    @property
    def json_schema(self) -> dict[str, Any]:
        return {
            "text": {"type": "string"},
            "integer": {"type": "integer"},
            "money": {"type": "string", **PESOS.schema},
            "date": {"type": "string", "format": "date"},
            "share": {"type": "number", "minimum": 0, "maximum": 1},
        }[self.value]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a contract. ``width`` is the Excel column width in characters."""

    name: str
    label: str
    type: FieldType
    description: str
    width: int
    unit: str | None = None
    sortable: bool = False
    default: bool = False


FIELDS: tuple[Field, ...] = (
    Field(
        name="id",
        label="ID",
        type=FieldType.INTEGER,
        width=10,
        sortable=True,
        description="Number of the award within its dataset version; other versions number anew.",
    ),
    Field(
        name="reference_id",
        label="Reference ID",
        type=FieldType.TEXT,
        width=14,
        default=True,
        description="PhilGEPS number of the bid notice.",
    ),
    Field(
        name="award_number",
        label="Award No.",
        type=FieldType.TEXT,
        width=14,
        description="PhilGEPS number of the award notice.",
    ),
    # S4 and S6 have no column for it.
    Field(
        name="contract_number",
        label="Contract No.",
        type=FieldType.TEXT,
        width=18,
        default=True,
        description="The buyer's own contract number, free text.",
    ),
    Field(
        name="project_id",
        label="Project",
        type=FieldType.TEXT,
        width=14,
        description="DPWH number of the project; only flood control projects have it.",
    ),
    # What the nine-column copy of the flood-control file calls award_date is the day of completion.
    Field(
        name="award_date",
        label="Award date",
        type=FieldType.DATE,
        width=12,
        sortable=True,
        default=True,
        description="Day on which the contract was awarded; flood control projects do not say it.",
    ),
    Field(
        name="publish_date",
        label="Published",
        type=FieldType.DATE,
        width=12,
        sortable=True,
        description="Day on which the bid notice was published.",
    ),
    Field(
        name="closing_date",
        label="Closing date",
        type=FieldType.DATE,
        width=12,
        sortable=True,
        description="Last day for bids.",
    ),
    Field(
        name="funding_year",
        label="Funding year",
        type=FieldType.INTEGER,
        width=10,
        sortable=True,
        description="Year of the budget that pays for it; only flood control projects say it.",
    ),
    Field(
        name="start_date",
        label="Start of work",
        type=FieldType.DATE,
        width=12,
        sortable=True,
        description="Day on which work began; only flood control projects say it.",
    ),
    Field(
        name="completion_date",
        label="Completion",
        type=FieldType.DATE,
        width=12,
        sortable=True,
        description="Day on which work was completed; only flood control projects say it.",
    ),
    Field(
        name="award_title",
        label="Award title",
        type=FieldType.TEXT,
        width=50,
        default=True,
        description="What was bought, as the award notice says it.",
    ),
    Field(
        name="notice_title",
        label="Notice title",
        type=FieldType.TEXT,
        width=50,
        default=True,
        description="What was tendered, as the bid notice says it.",
    ),
    Field(
        name="awardee_name",
        label="Contractor",
        type=FieldType.TEXT,
        width=36,
        sortable=True,
        default=True,
        description="Who got the contract.",
    ),
    # Cut off at 60 characters at the source, as business categories are at 50.
    Field(
        name="organization_name",
        label="Organization",
        type=FieldType.TEXT,
        width=36,
        sortable=True,
        default=True,
        description="The procuring entity: who pays.",
    ),
    # Not given for one contract in twelve, and one contract may have several areas in one text of 819
    # characters.
    Field(
        name="area_of_delivery",
        label="Area of delivery",
        type=FieldType.TEXT,
        width=20,
        sortable=True,
        default=True,
        description="Province, city or region of delivery, as published.",
    ),
    # Text, as nothing is computed from it and the digits are those of the file.
    Field(
        name="latitude",
        label="Latitude",
        type=FieldType.TEXT,
        width=12,
        description="Of the project, in degrees north, as published; only flood control projects say it.",
    ),
    Field(
        name="longitude",
        label="Longitude",
        type=FieldType.TEXT,
        width=12,
        description="Of the project, in degrees east, as published; only flood control projects say it.",
    ),
    Field(
        name="business_category",
        label="Business category",
        type=FieldType.TEXT,
        width=28,
        sortable=True,
        default=True,
        description="PhilGEPS business category of what was bought.",
    ),
    Field(
        name="classification",
        label="Classification",
        type=FieldType.TEXT,
        width=18,
        description="Goods, civil works, consulting or general support services.",
    ),
    Field(
        name="procurement_mode",
        label="Procurement mode",
        type=FieldType.TEXT,
        width=24,
        default=True,
        description="Public bidding or one of the alternative methods.",
    ),
    Field(
        name="funding_source",
        label="Funding source",
        type=FieldType.TEXT,
        width=24,
        description="Where the money comes from.",
    ),
    Field(
        name="award_status",
        label="Award status",
        type=FieldType.TEXT,
        width=14,
        default=True,
        description="Status of the award notice.",
    ),
    Field(
        name="approved_budget",
        label="Approved budget",
        type=FieldType.MONEY,
        width=18,
        unit="PHP",
        sortable=True,
        default=True,
        description="Approved budget of the contract (ABC).",
    ),
    Field(
        name="contract_amount",
        label="Contract amount",
        type=FieldType.MONEY,
        width=18,
        unit="PHP",
        sortable=True,
        default=True,
        description="Amount of the contract, counted once per award.",
    ),
    # By a rule of our own (contracts.snapshot.implausible), so that typing errors do not lead in silence.
    Field(
        name="implausible",
        label="Implausible",
        type=FieldType.TEXT,
        width=14,
        default=True,
        description="Why the amount is hardly right: over_budget (more than ten times the approved budget) or"
        " over_like (far above contracts of its category and year); empty where nothing speaks against it.",
    ),
    Field(
        name="line_items",
        label="Line items",
        type=FieldType.INTEGER,
        width=10,
        sortable=True,
        description="Raw rows of one file that are line items of this award.",
    ),
    Field(
        name="source",
        label="Source",
        type=FieldType.TEXT,
        width=14,
        description="philgeps, or flood_control for the second source, which overlaps the first.",
    ),
    Field(
        name="source_file",
        label="Source file",
        type=FieldType.TEXT,
        width=24,
        description="Name of the raw file that the row was read from.",
    ),
    Field(
        name="repaired_fields",
        label="Repaired",
        type=FieldType.TEXT,
        width=24,
        description="Columns that are missing because their raw text is of no use; repairs.csv has it.",
    ),
)

FIELD_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
DEFAULT_COLUMNS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.default)
SORTABLE: tuple[str, ...] = tuple(field.name for field in FIELDS if field.sortable)
SEARCHED: tuple[str, ...] = ("award_title", "notice_title", "awardee_name", "organization_name")
"""The columns in which a keyword is looked for: titles and names."""

NEVER_REPAIRED = (
    *("id", "contract_amount", "implausible", "line_items", "source", "source_file", "repaired_fields"),
)
REPAIRABLE: tuple[str, ...] = tuple(field.name for field in FIELDS if field.name not in NEVER_REPAIRED)
"""What a raw file gives and a contract can do without: what ``repaired_fields`` may name."""

PHILGEPS, FLOOD_CONTROL = "philgeps", "flood_control"
"""The two values of ``source``."""
