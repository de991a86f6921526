"""From which raw rows a contract was read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.engine.records.addresses import Address
from contracts.engine.store import Store
from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import (
    FLOOD_PUBLISHED,
    S3,
    UNAWARDED,
    import_all,
    make_rows,
    write_csv,
    write_s3,
    write_xlsx,
)

Place = tuple[str, int, int]


def read_origins(snapshot: Snapshot, reference: str, award: str) -> list[Place]:
    """(table, first row, last row) of each run of raw rows of the only contract at the address."""
    store = Store(snapshot)
    with store.reader() as reader:
        [standing] = reader.find_standings(Address(reference, award))
        origins = reader.describe_record(standing).origins
    store.close()
    assert origins is not None
    return [(rows.table.label, rows.first, rows.last) for rows in origins]


def number_items(count: int, **values: str) -> list[dict[str, str]]:
    """Line items of one award."""
    return [{"Line Item No": str(number), **values} for number in range(count)]


def test_rows_are_counted_as_an_editor_shows_the_lines(tmp_path: Path) -> None:
    other = {"Bid Reference No.": "1002"}
    raw = write_s3(tmp_path / "raw.csv", UNAWARDED, {}, other, above=[["Report of 2022"]])
    lines = raw.read_text(encoding="utf-8").splitlines()
    snapshot = import_all(tmp_path / "data", raw)
    [(_, first, last)] = read_origins(snapshot, "1002", "2001")
    assert first == last
    assert ",1002," in lines[first - 1]
    assert read_origins(snapshot, "1001", "2001") == [("raw.csv", 4, 4)]


def test_line_items_are_told_with_the_rows_of_every_file(tmp_path: Path) -> None:
    apart = {"Bid Reference No.": "1002"}
    first = write_s3(tmp_path / "a.csv", *number_items(3), apart, *number_items(5)[3:])
    second = write_s3(tmp_path / "b.csv", apart, *number_items(1))
    snapshot = import_all(tmp_path / "data", first, second)
    assert read_origins(snapshot, "1001", "2001") == [("a.csv", 2, 4), ("a.csv", 6, 7), ("b.csv", 3, 3)]
    assert read_origins(snapshot, "1002", "2001") == [("a.csv", 5, 5), ("b.csv", 2, 2)]


def test_rows_that_are_rejected_or_repeated_are_none_of_its_rows(tmp_path: Path) -> None:
    disputed = {"Contract Amount": "9.00", "Line Item No": "2"}
    snapshot = import_all(tmp_path / "data", write_s3(tmp_path / "raw.csv", {}, {}, disputed))
    assert read_origins(snapshot, "1001", "2001") == [("raw.csv", 2, 2)]


def test_sheets_of_a_workbook_count_their_own_rows(tmp_path: Path) -> None:
    def make_sheet(*references: str) -> list[Sequence[str]]:
        return [S3, *make_rows(S3, [{"Bid Reference No.": one} for one in references])]

    book = write_xlsx(tmp_path / "raw.xlsx", make_sheet("1", "2"), more=make_sheet("3", "2"))
    snapshot = import_all(tmp_path / "data", book)
    assert read_origins(snapshot, "1", "2001") == [("raw.xlsx", 2, 2)]
    assert read_origins(snapshot, "3", "2001") == [("raw.xlsx [more]", 2, 2)]
    assert read_origins(snapshot, "2", "2001") == [("raw.xlsx", 3, 3)]


def test_projects_and_their_later_years_are_one_contract(tmp_path: Path) -> None:
    project = {
        **{"ProjectId": "P1", "ContractId": "22CC/1", "ContractCost": "100.00", "Contractor": "ACME"},
        **{"ProjectName": "Dike", "FundingYear": "2022", "Municipality": "Digos", "Region": "XI"},
    }
    later = {**project, "ProjectId": "P2", "ContractCost": "MYCA with Project ID P1", "FundingYear": "2023"}
    rows = make_rows(FLOOD_PUBLISHED, [project, later], given={})
    snapshot = import_all(tmp_path / "data", write_csv(tmp_path / "flood.csv", [FLOOD_PUBLISHED, *rows]))
    assert read_origins(snapshot, "P1", "22CC/1") == [("flood.csv", 2, 3)]
