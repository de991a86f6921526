"""What a row's cells mean, and which of its fates becomes of it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ingest.staging import create_macros
from contracts.snapshot import Snapshot
from tests.contracts.ingest.raw_files import (
    FLOOD,
    FLOOD_AWARD,
    S3,
    UNAWARDED,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_source,
    write_csv,
    write_flood,
    write_s3,
    write_xlsx,
)

SECOND = {"Bid Reference No.": "2"}


@pytest.fixture(scope="module")
def con() -> Any:
    with duckdb.connect() as connection:
        create_macros(connection)
        yield connection


def import_rows(folder: Path, *rows: dict[str, str]) -> Snapshot:
    return import_all(folder / "data", write_s3(folder / "raw.csv", *rows))


def fates(snapshot: Snapshot) -> tuple[int, int, int, int, dict[str, int]]:
    """imported, collapsed, unawarded, duplicates, rejected by reason."""
    source = read_source(snapshot)
    assert source.read == source.accounted
    return source.imported, source.collapsed, source.unawarded, source.duplicates, source.rejected_by_reason


# Text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("ACME", "ACME"),
        ("  ACME  \t INC\u00a0\u2003", "ACME INC"),
        ("AC\x00M\x1bE\x7f\x9f", "ACME"),
        ("A\nB\r\nC\vD\x85E", "A B C D E"),
        ("A \x01 B", "A B"),
        ("N\u0303", "Ñ"),
        ("null", None),
        (" NaN ", None),
        ("None", None),
        ("\t", None),
        ("N/A", "N/A"),
        ("NULLS", "NULLS"),
        ("nonе", "nonе"),
    ],
)
def test_text_is_cleaned(con: duckdb.DuckDBPyConnection, raw: str, clean: str | None) -> None:
    assert con.execute("SELECT clean_text(?)", [raw]).fetchall() == [(clean,)]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_clean_text_is_what_the_layout_demands(con: duckdb.DuckDBPyConnection, raw: str) -> None:
    [(clean, again, normal)] = con.execute(
        "SELECT clean_text($1) AS a, clean_text(a), nfc_normalize(a)", [raw]
    ).fetchall()
    assert clean == again == normal
    if clean is not None:
        assert clean == " ".join(clean.split())
        assert clean.casefold() not in ("", "null", "nan", "none")


def test_null_words_are_missing_values_in_every_column(tmp_path: Path) -> None:
    columns = (
        "Contract No",
        "Award Title",
        "Area of Delivery",
        "Award Date",
        "Approved Budget of the Contract",
    )
    [contract] = read_contracts(import_rows(tmp_path, dict.fromkeys(columns, " null ")))
    names = ("contract_number", "award_title", "area_of_delivery", "award_date", "approved_budget")
    assert [contract[name] for name in names] == [None] * 5


# Money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1500", "1500.00"),
        ("1,234,567.5", "1234567.50"),
        ("₱ 12.00", "12.00"),
        ("₱12", "12.00"),
        ("PHP 1,000.00", "1000.00"),
        ("php5", "5.00"),
        ("+7", "7.00"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("1.005", "1.01"),
        ("1.00499999", "1.00"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("0009999999999999999.99", "9999999999999999.99"),
        ("-3", "-3.00"),
        ("10000000000000000", None),
        ("1,50", None),
        ("1,2345", None),
        ("12,34,567", None),
        ("1.2.3", None),
        ("1e5", None),
        ("USD 5", None),
        ("5 PHP", None),
        ("Infinity", None),
        (".", None),
        ("١٢", None),
    ],
)
def test_money_is_read_exactly_or_not_at_all(
    con: duckdb.DuckDBPyConnection, text: str, amount: str | None
) -> None:
    assert con.execute("SELECT read_money(?)", [text]).fetchall() == [(amount and Decimal(amount),)]


@given(st.decimals(-(10**15), 10**15, places=6))
def test_money_is_rounded_half_up(con: duckdb.DuckDBPyConnection, amount: Decimal) -> None:
    expected = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert con.execute("SELECT read_money(?)", [f"{amount:f}"]).fetchall() == [(expected,)]


# Checks


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("Bid Reference No.", "NULL", ("reference_id", "missing_value")),
        ("Award No.", "", ("award_number", "missing_value")),
        ("Awardee Organization Name", " ", ("awardee_name", "missing_value")),
        ("Contract Amount", "nan", ("contract_amount", "missing_value")),
        ("Contract Amount", "abc", ("contract_amount", "invalid_amount")),
        ("Contract Amount", "10000000000000000", ("contract_amount", "invalid_amount")),
        ("Contract Amount", "0.00", ("contract_amount", "amount_not_positive")),
        ("Contract Amount", "0.004", ("contract_amount", "amount_not_positive")),
        ("Contract Amount", "-5", ("contract_amount", "amount_not_positive")),
        ("Approved Budget of the Contract", "abc", ("approved_budget", "invalid_amount")),
        ("Approved Budget of the Contract", "-0.01", ("approved_budget", "invalid_amount")),
    ],
)
def test_a_bad_cell_rejects_its_row_with_column_value_and_reason(
    tmp_path: Path, column: str, value: str, expected: tuple[str, str]
) -> None:
    snapshot = import_rows(tmp_path, SECOND, {column: value})
    field, reason = expected
    assert read_rejects(snapshot) == [("raw.csv", 3, field, value, reason)]
    assert len(read_contracts(snapshot)) == 1


@pytest.mark.parametrize("value", ["0", "", "NULL"])
def test_a_budget_of_nothing_is_no_fault(tmp_path: Path, value: str) -> None:
    assert fates(import_rows(tmp_path, {"Approved Budget of the Contract": value}))[0] == 1


def test_only_the_first_fault_in_the_order_of_the_fields_is_reported(tmp_path: Path) -> None:
    faults = {
        "Contract Amount": "abc",
        "Approved Budget of the Contract": "-1",
        "Awardee Organization Name": "",
        "Closing Date": "soon",
        "Published Date": "1920-01-01",
        "Award Date": "later",
        "Award No.": "",
        "Bid Reference No.": "",
    }
    expected = [
        "contract_amount",
        "approved_budget",
        "awardee_name",
        "closing_date",
        "publish_date",
        "award_date",
        "award_number",
        "reference_id",
    ]
    rows = [dict(list(faults.items())[:count]) for count in range(1, len(faults) + 1)]
    assert [reject[2] for reject in read_rejects(import_rows(tmp_path, *rows))] == expected


def test_the_value_of_a_reject_is_the_raw_text(tmp_path: Path) -> None:
    [reject] = read_rejects(import_rows(tmp_path, {"Contract Amount": '  a "b",\nc  '}))
    assert reject[3] == '  a "b",\nc  '


# Fates


def test_a_row_without_award_is_unawarded_whatever_else_is_wrong(tmp_path: Path) -> None:
    bad = {**UNAWARDED, "Award Date": "soon", "Bid Reference No.": ""}
    assert fates(import_rows(tmp_path, UNAWARDED, bad)) == (0, 0, 2, 0, {})


@pytest.mark.parametrize("column", list(UNAWARDED))
def test_a_row_with_a_part_of_an_award_is_no_unawarded_row(tmp_path: Path, column: str) -> None:
    row = {name: value for name, value in UNAWARDED.items() if name != column}
    assert fates(import_rows(tmp_path, row)) == (0, 0, 0, 0, {"missing_value": 1})


def test_line_items_are_collapsed_into_one_award(tmp_path: Path) -> None:
    items = [{"Line Item No": str(number), "Award Title": f"Item {number}"} for number in (1, 2, 3)]
    snapshot = import_rows(tmp_path, *items, {**SECOND, "Contract Amount": "7"})
    assert fates(snapshot) == (2, 2, 0, 0, {})
    assert [(row["award_title"], row["line_items"]) for row in read_contracts(snapshot)] == [
        ("Item 1", 3),
        (None, 1),
    ]
    assert snapshot.manifest().total_value == Decimal("1507.00")


@pytest.mark.parametrize("column", ["Bid Reference No.", "Award No.", "Awardee Organization Name"])
def test_another_key_is_another_award(tmp_path: Path, column: str) -> None:
    assert fates(import_rows(tmp_path, {}, {column: "9"}))[:2] == (2, 0)


def test_the_key_is_compared_after_cleaning(tmp_path: Path) -> None:
    assert fates(import_rows(tmp_path, {}, {"Awardee Organization Name": " ACME\u00a0 TRADING"}))[:2] == (
        1,
        1,
    )


def test_an_amount_is_compared_as_a_number(tmp_path: Path) -> None:
    assert fates(import_rows(tmp_path, {}, {"Contract Amount": "PHP 1,500"}))[:2] == (1, 1)


def test_another_amount_of_the_same_award_is_rejected(tmp_path: Path) -> None:
    more = {"Contract Amount": "1600", "Line Item No": "2"}
    snapshot = import_rows(tmp_path, {"Line Item No": "1"}, more, {**more, "Line Item No": "3"})
    assert fates(snapshot) == (1, 0, 0, 0, {"conflicting_amount": 2})
    assert read_rejects(snapshot)[0] == ("raw.csv", 3, "contract_amount", "1600", "conflicting_amount")
    assert [str(row["contract_amount"]) for row in read_contracts(snapshot)] == ["1500.00"]


def test_a_rejected_row_does_not_represent_its_award(tmp_path: Path) -> None:
    snapshot = import_rows(tmp_path, {"Award Date": "soon", "Contract Amount": "9"}, {"Line Item No": "2"})
    assert fates(snapshot) == (1, 0, 0, 0, {"invalid_date": 1})
    assert read_contracts(snapshot)[0]["line_items"] == 1


def test_exact_duplicates_count_once_whatever_they_are(tmp_path: Path) -> None:
    bad = {**SECOND, "Award Date": "soon"}
    snapshot = import_rows(tmp_path, {}, UNAWARDED, bad, {}, UNAWARDED, bad, {})
    assert fates(snapshot) == (1, 0, 1, 4, {"invalid_date": 1})
    assert read_contracts(snapshot)[0]["line_items"] == 1
    assert [reject[1] for reject in read_rejects(snapshot)] == [4]


def test_duplicates_are_compared_after_trimming(tmp_path: Path) -> None:
    assert fates(import_rows(tmp_path, {"Item Name": "Pen"}, {"Item Name": " Pen\t"}))[3] == 1


@pytest.mark.parametrize("column", ["Item Name", "List of Bidder's", "Procuring Entity"])
def test_a_difference_in_any_column_is_no_duplicate(tmp_path: Path, column: str) -> None:
    assert fates(import_rows(tmp_path, {column: "a"}, {column: "b"})) == (1, 1, 0, 0, {})


def test_cells_that_run_into_one_another_are_no_duplicates(tmp_path: Path) -> None:
    rows = ({"Item Name": "ab", "Item Description": "c"}, {"Item Name": "a", "Item Description": "bc"})
    assert fates(import_rows(tmp_path, *rows))[3] == 0


def test_the_same_row_in_another_file_is_a_line_item_and_no_duplicate(tmp_path: Path) -> None:
    files = [write_s3(tmp_path / "b.csv", {}), write_s3(tmp_path / "a.csv", {})]
    snapshot = import_all(tmp_path / "data", *files)
    assert [(s.file, s.imported, s.collapsed, s.duplicates) for s in snapshot.manifest().sources] == [
        ("b.csv", 1, 0, 0),
        ("a.csv", 0, 1, 0),
    ]
    assert read_contracts(snapshot)[0]["source_file"] == "b.csv"


def test_a_row_repeated_in_one_file_is_no_duplicate_in_another(tmp_path: Path) -> None:
    files = [write_s3(tmp_path / "a.csv", {}, {}), write_s3(tmp_path / "b.csv", {})]
    sources = import_all(tmp_path / "data", *files).manifest().sources
    assert [(source.duplicates, source.collapsed) for source in sources] == [(1, 0), (0, 1)]


def test_the_file_that_is_given_first_holds_the_amount(tmp_path: Path) -> None:
    first = write_xlsx(tmp_path / "z.xlsx", [S3, *make_rows(S3, [{"Contract Amount": "1"}])])
    second = write_s3(tmp_path / "a.csv", {"Contract Amount": "2"})
    snapshot = import_all(tmp_path / "data", first, second)
    assert str(snapshot.manifest().total_value) == "1.00"
    assert read_rejects(snapshot) == [("a.csv", 2, "contract_amount", "2", "conflicting_amount")]


def test_flood_rows_are_never_collapsed(tmp_path: Path) -> None:
    rows = [{"contract_number": "24A", "award_title": title} for title in ("East", "West", "East")]
    snapshot = import_all(tmp_path / "data", write_flood(tmp_path / "flood.csv", *rows))
    assert fates(snapshot) == (2, 0, 0, 1, {})
    assert {row["line_items"] for row in read_contracts(snapshot)} == {1}


def test_flood_rows_without_awardee_and_amount_are_rejected_not_unawarded(tmp_path: Path) -> None:
    rows = make_rows(FLOOD, [{"contract_amount": ""}, {"awardee_name": ""}], given=FLOOD_AWARD)
    empty = make_rows(FLOOD, [{"contract_amount": "", "awardee_name": ""}], given=FLOOD_AWARD)
    snapshot = import_all(tmp_path / "data", write_csv(tmp_path / "flood.csv", [FLOOD, *rows, *empty]))
    assert [reject[1:] for reject in read_rejects(snapshot)] == [
        (2, "contract_amount", "", "missing_value"),
        (3, "awardee_name", "", "missing_value"),
        (4, "awardee_name", "", "missing_value"),
    ]


def test_flood_rows_beside_awards_keep_their_source(tmp_path: Path) -> None:
    files = [write_flood(tmp_path / "flood.csv", {}), write_s3(tmp_path / "raw.csv", {}, UNAWARDED)]
    manifest = import_all(tmp_path / "data", *files).manifest()
    assert (manifest.rows, manifest.flood_rows) == (2, 1)
    assert (str(manifest.total_value), str(manifest.flood_value)) == ("1600.00", "100.00")


ROW = st.fixed_dictionaries(
    {
        "Bid Reference No.": st.sampled_from(["1", "2", ""]),
        "Award No.": st.sampled_from(["1", "NULL"]),
        "Awardee Organization Name": st.sampled_from(["ACME", "BETA", ""]),
        "Contract Amount": st.sampled_from(["5", "5.00", "6", "-1", "NULL"]),
        "Award Date": st.sampled_from(["2022-01-01", "soon", ""]),
    }
)


@settings(max_examples=15, deadline=None)
@given(st.lists(ROW, max_size=25))
def test_any_rows_add_up_and_every_award_is_counted_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    snapshot = import_rows(tmp_path_factory.mktemp("rows"), *rows)
    imported, collapsed, _, _, reasons = fates(snapshot)
    contracts = read_contracts(snapshot)
    keys = {(row["reference_id"], row["award_number"], row["awardee_name"]) for row in contracts}
    assert len(keys) == len(contracts) == imported
    assert sum(row["line_items"] for row in contracts) == imported + collapsed
    assert len(read_rejects(snapshot)) == sum(reasons.values())
