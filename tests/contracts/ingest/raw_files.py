"""Raw files for the importer's tests, written cell by cell, and what an import makes of them."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb
import openpyxl
from openpyxl.utils import get_column_letter

from contracts.ingest import DateOrder, import_files
from contracts.snapshot.versions import Snapshot, SourceReport

AS_OF = date(2025, 11, 13)


def read_names(text: str) -> list[str]:
    """The column names of a header, written ``A | B | C``."""
    return [" ".join(name.split()) for name in text.split("|")]


S1 = read_names(
    """Organization Name | Reference ID | Solicitation No. | Notice Title | Publish Date | Classification
    | Notice Type | Business Category | Funding Source | Funding Instrument | Procurement Mode
    | Trade Agreement | Approved Budget of the Contract | Area of Delivery | Contract Duration | Calendar Type
    | Line Item No | Item Name | Item Desc | Quantity | UOM | Item Budget | PreBid Date | Closing Date
    | Notice Status | Award No. | Award Title | Award Type | UNSPSC Code | UNSPSC Description
    | Awardee Corporate Title | Contract Amount | Contract No | Publish Date(Award) | Award Date
    | Notice to Proceed Date | Contract Efectivity Date | Contract End Date | Reason for Award
    | Award Status"""
)
S2 = [name.replace("UOM", "Unit of Measurement") for name in S1]
S3 = read_names(
    """Procuring Entity | Bid Reference No. | Solicitation No. | Notice Title | Notice Type | Classification
    | Procurement Mode | Business Category | Funding Source | Funding Instrument | Trade Agreement
    | Approved Budget of the Contract | Published Date | Closing Date | PreBid Date | Area of Delivery
    | Contract Duration | Calendar Type | Line Item No | Item Name | Item Description | Quantity | UOM
    | Item Budget | Notice Status | Created By | Award No. | Award Title | Award Type | UNSPSC Code
    | UNSPSC Description | Published Date(Award) | Award Date | Notice to Proceed Date | Contract No
    | Contract Amount | Contract Efectivity Date | Contract End Date | Award Status | Reason for Award
    | Awardee Organization Name | Awardee Contact Person | List of Bidder's"""
)
S4 = read_names(
    """Procuring Entity (PE) | Region | Province | City/Municipality | Government Branch
    | PE Organization Type | PE Organization Type (Grouped) | Bid Reference No. | Notice Title
    | Classification | Procurement Mode | Business Category | Funding Source | Funding Instrument
    | Trade Agreement | Approved Budget of the Contract | Published Date | Closing Date
    | Area of Delivery | Contract Duration | Calendar Type | Line Item No | Item Name
    | Item Description | Quantity | UOM | Item Budget | Bid Notice Status | Award Reference No.
    | Award Title | UNSPSC Code | UNSPSC Description | Published Date(Award) | Award Date
    | Contract Amount | Award Notice Status | Notice to Proceed Date | Contract Effectivity Date
    | Contract End Date | Awardee Organization Name | Country of Awardee | Region of Awardee
    | Province of Awardee | City/Municipality of Awardee | Awardee Size | Awardee Joint Venture"""
)
S6 = read_names(
    """Procuring Entity | Region | Province | City/Municipality | Government Branch | PE Organization Type
    | PE Organization Type (Grouped) | Bid Reference No. | Notice Title | Classification | Procurement Mode
    | Business Category | Source of Funds | Trade Agreement | Approved Budget of the Contract (ABC)
    | Published Date | Closing Date | Area of Delivery | Contract Duration | Calendar Type | Lot Type
    | Item Code | Item/Lot Name | Item/Lot Description | Quantity | Unit of Measure | Item Budget
    | Bid Notice Status | Award Reference No. | Award Title | UNSPSC Code | UNSPSC Description
    | Published Date (Award) | Award Date | Contract Amount | Award Notice Status | Notice to Proceed Date
    | Contract Effectivity Date | Contract End Date | Awardee Organization Name | Country of Awardee
    | Region of Awardee | Province of Awardee | City/Municipality of Awardee | Awardee Size
    | Awardee Joint Venture"""
)
FLOOD_PUBLISHED = read_names(
    """MainIsland | Region | Province | LegislativeDistrict | Municipality | DistrictEngineeringOffice
    | ProjectId | ProjectName | TypeOfWork | FundingYear | ContractId | ApprovedBudgetForContract
    | ContractCost | ActualCompletionDate | Contractor | ContractorCount | StartDate | ProjectLatitude
    | ProjectLongitude | ProvincialCapital | ProvincialCapitalLatitude | ProvincialCapitalLongitude"""
)
FLOOD_SITE = read_names(
    """project_id | description | location | contractor | cost | completion_date | report_contract_id
    | start_date | project_type | funding_year | report_year | region | lat | lng"""
)
FLOOD = read_names(
    """award_date | contract_number | award_title | notice_title | awardee_name | organization_name
    | area_of_delivery | business_category | contract_amount"""
)

AWARD: dict[str, str] = {
    "Bid Reference No.": "1001",
    "Award No.": "2001",
    "Awardee Organization Name": "ACME TRADING",
    "Contract Amount": "1500.00",
    "Award Date": "2022-05-17",
    "Procuring Entity": "CITY OF PASIG",
}
"""An S3 row that is imported as it is."""
UNAWARDED = {"Award No.": "NULL", "Awardee Organization Name": "NULL", "Contract Amount": "NULL"}
FLOOD_AWARD = {"awardee_name": "ACME", "contract_amount": "100.00", "award_date": "2024-01-31"}


def make_rows(
    header: Sequence[str], rows: Iterable[Mapping[str, str]], *, given: Mapping[str, str] = AWARD
) -> list[list[str]]:
    """Cells under ``header``; what a row does not say is taken from ``given``."""
    return [[{**given, **row}.get(name, "") for name in header] for row in rows]


def write_csv(path: Path, rows: Iterable[Sequence[str]], *, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_s3(
    path: Path, *rows: Mapping[str, str], above: Iterable[Sequence[str]] = (), encoding: str = "utf-8"
) -> Path:
    """An S3 file with these awards."""
    return write_csv(path, [*above, S3, *make_rows(S3, rows)], encoding=encoding)


def write_flood(path: Path, *rows: Mapping[str, str]) -> Path:
    return write_csv(path, [FLOOD, *make_rows(FLOOD, rows, given=FLOOD_AWARD)])


def write_xlsx(path: Path, rows: Iterable[Sequence[Any]], **more_sheets: Iterable[Sequence[Any]]) -> Path:
    """A workbook as openpyxl writes it: inline texts, typed numbers and dates."""
    book = openpyxl.Workbook()
    for number, sheet in enumerate((rows, *more_sheets.values())):
        target = book.active if number == 0 else book.create_sheet(list(more_sheets)[number - 1])
        assert target is not None
        for row in sheet:
            target.append(row)
    book.save(path)
    return path


def replace_part(path: Path, part: str, change: tuple[str, str]) -> Path:
    """The workbook at ``path`` with a text replaced in one of its parts."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    old, new = change
    assert old.encode() in parts[part], f"{old} is not in {part}"
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def write_raw_xlsx(path: Path, sheet_data: str, *, prefix: str = "", shared: Sequence[str] = ()) -> Path:
    """A workbook of one sheet whose XML is given, for what openpyxl does not write.

    ``shared`` are the ``<si>`` elements of its shared texts.
    """
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    space = f"xmlns:{prefix.rstrip(':')}" if prefix else "xmlns"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{spreadsheet}" xmlns:r="{office}"><sheets>'
            '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
            f'<Relationship Id="rId2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
            "</Relationships>",
        )
        if shared:
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{spreadsheet}">{"".join(shared)}</sst>')
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<?xml version="1.0"?><{prefix}worksheet {space}="{spreadsheet}"><{prefix}sheetData>{sheet_data}'
            f"</{prefix}sheetData></{prefix}worksheet>",
        )
    return path


def make_inline_row(number: int, cells: Iterable[str], *, prefix: str = "") -> str:
    """One row of inline texts."""
    p = prefix
    inner = "".join(
        f'<{p}c t="inlineStr"><{p}is><{p}t>{escape(cell)}</{p}t></{p}is></{p}c>' if cell else f"<{p}c/>"
        for cell in cells
    )
    return f'<{p}row r="{number}">{inner}</{p}row>'


def make_shared_row(number: int, references: Iterable[int]) -> str:
    """One row of cells that refer to shared texts."""
    cells = "".join(
        f'<c r="{get_column_letter(place)}{number}" t="s"><v>{reference}</v></c>'
        for place, reference in enumerate(references, start=1)
    )
    return f'<row r="{number}">{cells}</row>'


def import_all(
    root: Path,
    *files: Path,
    date_order: DateOrder | None = None,
    as_of: date = AS_OF,
    generation: str | None = None,
) -> Snapshot:
    """The snapshot that an import of ``files`` publishes, whatever it loses."""
    work = import_files(
        files,
        root=root,
        as_of=as_of,
        date_order=date_order,
        accept_losses=True,
        generation=generation,
        memory_limit_mb=300,
        threads=1,
    )
    try:
        while True:
            next(work)
    except StopIteration as done:
        snapshot: Snapshot = done.value
        return snapshot


def read_contracts(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The stored contracts in the order of reference, number and amount."""
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        cursor = con.execute("SELECT * FROM contracts ORDER BY reference_id, award_number, contract_amount")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


Report = list[tuple[str, int, str, str, str]]
"""(file, row, column, value, reason) of every line."""


def read_rejects(snapshot: Snapshot) -> Report:
    """The report of rows that were rejected."""
    return _read_report(snapshot.rejects)


def read_repairs(snapshot: Snapshot) -> Report:
    """The report of cells that became missing values."""
    return _read_report(snapshot.repairs)


def _read_report(path: Path) -> Report:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (line["file"], int(line["row"]), line["column"], line["value"], line["reason"])
            for line in csv.DictReader(file)
        ]


def read_source(snapshot: Snapshot) -> SourceReport:
    """The report of the only file."""
    [source] = snapshot.manifest().sources
    return source


def list_notes(source: SourceReport) -> list[tuple[str, str]]:
    """(kind, subject) of what the report says beside the fates."""
    return [(note.kind, note.subject) for note in source.notes]
