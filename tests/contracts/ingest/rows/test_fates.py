"""What a row's cells mean, and which of its fates becomes of it."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ingest.rows.staging import create_macros
from contracts.snapshot.versions import Snapshot
from tests.contracts.ingest.raw_files import (
    S3,
    UNAWARDED,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_repairs,
    read_source,
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
        ("N/A", None),
        ("-", None),
        ("#n/a", None),
        ("#REF!", None),
        (r"\N", None),
        ("NaT", None),
        ("(null)", None),
        ("\u202anull\u202c", None),
        ("&nbsp;N/A&nbsp;", None),
        ("NULLS", "NULLS"),
        ("N/A road", "N/A road"),
        ("- 1", "- 1"),
        ("\u2066AC\u202eME\u2069\u200b", "ACME"),
        ("DAVE &AMP; SONS &amp;amp; CO", "DAVE & SONS & CO"),
        ("PE&NTILDE;A, pe&ntilde;a, O&#39;BRIEN, O&#X27;HARA", "PEÑA, peña, O'BRIEN, O'HARA"),
        ("A & B; C&D, R&R; X &; &#; &bogus; &#99999999;", "A & B; C&D, R&R; X &; &#; &bogus; &#99999999;"),
        ("A&nbsp; B", "A B"),
        ("A&#0;&#x202e;B&#1114112;&#55296;", "A\ufffdB\ufffd\ufffd"),
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
        assert clean.casefold() not in ("", "null", "nan", "none", "n/a", "-")


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
        ("P49,500.00", "49500.00"),
        ("?1,000.00", "1000.00"),
        ("\ufffd1,000.00", "1000.00"),
        ("Php. 1", "1.00"),
        ("6,000.00 PHP", "6000.00"),
        ("6000 pesos", "6000.00"),
        ("9.65E7", "96500000.00"),
        ("5.1e+4", "51000.00"),
        ("1E-2", "0.01"),
        ("53 000.00", "53000.00"),
        ("1 234 567.50", "1234567.50"),
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
        ("1e400", None),
        ("1e17", None),
        ("1,00E5", None),
        ("USD 5", None),
        ("PP5", None),
        ("5 P", None),
        ("53 00", None),
        ("1 000,000", None),
        ("?", None),
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
    ("value", "reason"),
    [
        ("nan", "missing_value"),
        ("abc", "invalid_amount"),
        ("10000000000000000", "invalid_amount"),
        ("0.00", "amount_not_positive"),
        ("0.004", "amount_not_positive"),
        ("-5", "amount_not_positive"),
    ],
)
def test_a_bad_amount_rejects_its_row(tmp_path: Path, value: str, reason: str) -> None:
    snapshot = import_rows(tmp_path, SECOND, {"Contract Amount": value})
    assert read_rejects(snapshot) == [("raw.csv", 3, "contract_amount", value, reason)]
    assert fates(snapshot) == (1, 0, 0, 0, {reason: 1})


def test_a_row_that_tells_nothing_but_an_amount_is_rejected(tmp_path: Path) -> None:
    names = ("Bid Reference No.", "Award No.", "Awardee Organization Name", "Procuring Entity")
    nothing = dict.fromkeys(names, "")
    told = {**nothing, "Contract No": "PO 1"}
    snapshot = import_rows(tmp_path, nothing, told)
    assert fates(snapshot) == (1, 0, 0, 0, {"nothing_told": 1})
    assert read_rejects(snapshot) == [("raw.csv", 2, "", "", "nothing_told")]


REPAIRED = [
    ("Bid Reference No.", "NULL", "reference_id", "missing_value"),
    ("Bid Reference No.", "0", "reference_id", "zero_number"),
    ("Bid Reference No.", "0000.0", "reference_id", "zero_number"),
    ("Award No.", "", "award_number", "missing_value"),
    ("Award No.", "0", "award_number", "zero_number"),
    ("Awardee Organization Name", " ", "awardee_name", "missing_value"),
    ("Awardee Organization Name", "N/A", "awardee_name", "missing_value"),
    ("Approved Budget of the Contract", "TBA", "approved_budget", "invalid_amount"),
    ("Approved Budget of the Contract", "-1", "approved_budget", "invalid_amount"),
    ("Approved Budget of the Contract", "1e30", "approved_budget", "invalid_amount"),
    ("Closing Date", "TBA", "closing_date", "invalid_date"),
    ("Closing Date", "0000-00-00", "closing_date", "invalid_date"),
    ("Award Date", "1924-11-21", "award_date", "impossible_year"),
    ("Published Date", "2204-11-14", "publish_date", "impossible_year"),
]


def test_a_bad_cell_beside_a_sound_amount_costs_a_field_and_no_contract(tmp_path: Path) -> None:
    rows = [
        {"Bid Reference No.": f"1{n}", "Award No.": f"2{n}", column: value, "Contract No": f"{n:02d}"}
        for n, (column, value, _, _) in enumerate(REPAIRED)
    ]
    snapshot = import_rows(tmp_path, *rows)
    assert fates(snapshot) == (len(REPAIRED), 0, 0, 0, {})
    assert read_repairs(snapshot) == [
        ("raw.csv", n, field, value, reason) for n, (_, value, field, reason) in enumerate(REPAIRED, start=2)
    ]
    assert snapshot.manifest().repaired_by_reason == Counter(reason for *_, reason in REPAIRED)
    contracts = sorted(read_contracts(snapshot), key=lambda contract: str(contract["contract_number"]))
    for contract, (_, _, field, _) in zip(contracts, REPAIRED, strict=True):
        assert (contract[field], contract["repaired_fields"]) == (None, field)
        assert contract["contract_amount"] == Decimal("1500.00")


@pytest.mark.parametrize("value", ["0", "", "NULL"])
def test_a_budget_of_nothing_is_no_fault(tmp_path: Path, value: str) -> None:
    assert fates(import_rows(tmp_path, {"Approved Budget of the Contract": value}))[0] == 1


def test_all_bad_cells_of_a_row_are_repaired_and_named_in_the_order_of_the_fields(tmp_path: Path) -> None:
    faults = {
        "Approved Budget of the Contract": "-1",
        "Awardee Organization Name": "",
        "Closing Date": "soon",
        "Published Date": "1920-01-01",
        "Award Date": "later",
        "Award No.": "",
        "Bid Reference No.": "0",
    }
    snapshot = import_rows(tmp_path, faults)
    fields = [
        "reference_id",
        "award_number",
        "award_date",
        "publish_date",
        "closing_date",
        "awardee_name",
        "approved_budget",
    ]
    [contract] = read_contracts(snapshot)
    assert contract["repaired_fields"] == ", ".join(fields)
    assert sorted(repair[2] for repair in read_repairs(snapshot)) == sorted(fields)


def test_only_rows_that_stand_for_an_award_are_repaired(tmp_path: Path) -> None:
    """What is wrong in a row that does not count, or that another line item makes up for, costs nothing."""
    bad = {"Closing Date": "TBA", "Approved Budget of the Contract": "-1"}
    rows = [{**bad, "Line Item No": "1"}, {"Line Item No": "2", "Closing Date": "2022-05-01"}]
    others = [{**bad, **UNAWARDED}, {**bad, **SECOND, "Contract Amount": "0"}]
    snapshot = import_rows(tmp_path, *rows, *others)
    assert fates(snapshot) == (1, 1, 1, 0, {"amount_not_positive": 1})
    assert (read_repairs(snapshot), snapshot.manifest().repaired_by_reason) == ([], {})
    [contract] = read_contracts(snapshot)
    assert (str(contract["closing_date"]), contract["line_items"], contract["repaired_fields"]) == (
        "2022-05-01",
        2,
        None,
    )


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
    expected = (1, 0, 0, 0, {}) if column == "Contract Amount" else (0, 0, 0, 0, {"missing_value": 1})
    assert fates(import_rows(tmp_path, row)) == expected


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


@pytest.mark.parametrize(
    ("column", "once", "again"),
    [
        ("Awardee Organization Name", "ACME TRADING", " Acme\u00a0 Trading"),
        ("Awardee Organization Name", "DAVE & SONS", "DAVE &AMP; SONS"),
        ("Awardee Organization Name", "PEÑA, INC.", "PENA INC"),
        ("Awardee Organization Name", "ACME", "NULL"),
        ("Awardee Organization Name", "", "ACME"),
        ("Award No.", "7200000", "7200000.0"),
        ("Award No.", "0072", "72"),
        ("Bid Reference No.", "5136945.00", "05136945"),
        ("Bid Reference No.", "5,136,945", "5136945"),
        ("Contract Amount", "1500", "PHP 1,500"),
        ("Procuring Entity", "CITY OF PASIG", "PASIG CITY"),
    ],
)
def test_an_award_that_is_spelled_otherwise_in_another_file_adds_nothing(
    tmp_path: Path, column: str, once: str, again: str
) -> None:
    files = [write_s3(tmp_path / f"{n}.csv", {column: text}) for n, text in enumerate((once, again))]
    snapshot = import_all(tmp_path / "data", *files)
    assert [source.imported + source.collapsed for source in snapshot.manifest().sources] == [1, 1]
    [contract] = read_contracts(snapshot)
    assert (str(contract["contract_amount"]), contract["line_items"]) == ("1500.00", 1)


def test_a_number_is_shown_as_the_notice_has_it(tmp_path: Path) -> None:
    [contract] = read_contracts(
        import_rows(tmp_path, {"Bid Reference No.": "5136945.0", "Award No.": "0072-A"})
    )
    assert (contract["reference_id"], contract["award_number"]) == ("5136945", "0072-A")


def test_zero_is_nobodys_number(tmp_path: Path) -> None:
    """Such awards are known by their own number and their buyer, others by all of their cells."""
    zero = {"Bid Reference No.": "0"}
    rows = [
        zero,
        {**zero, "Line Item No": "2"},
        {**zero, "Award No.": "2002"},
        {**zero, "Procuring Entity": "CITY OF MAKATI"},
        {**zero, "Award No.": "0", "Award Title": "Chairs"},
        {**zero, "Award No.": "0", "Award Title": "Chairs", "Line Item No": "2"},
        {**zero, "Award No.": "0", "Award Title": "Tables"},
    ]
    snapshot = import_rows(tmp_path, *rows)
    assert fates(snapshot) == (5, 2, 0, 0, {})
    assert {contract["reference_id"] for contract in read_contracts(snapshot)} == {None}


def test_a_row_without_awardee_belongs_to_the_one_that_is_named(tmp_path: Path) -> None:
    nameless = {"Awardee Organization Name": ""}
    rows = [
        {**nameless, "Line Item No": "1"},
        {"Line Item No": "2"},
        {**nameless, "Contract Amount": "1600"},
        {**SECOND, "Awardee Organization Name": "BETA"},
        {**SECOND, "Awardee Organization Name": "GAMMA", "Contract Amount": "9"},
    ]
    snapshot = import_rows(tmp_path, *rows)
    assert fates(snapshot) == (3, 1, 0, 0, {"conflicting_amount": 1})
    assert [contract["awardee_name"] for contract in read_contracts(snapshot)] == [
        "ACME TRADING",
        "GAMMA",
        "BETA",
    ]


def test_another_amount_of_the_same_award_is_rejected(tmp_path: Path) -> None:
    more = {"Contract Amount": "1600", "Line Item No": "2"}
    snapshot = import_rows(tmp_path, {"Line Item No": "1"}, more, {**more, "Line Item No": "3"})
    assert fates(snapshot) == (1, 0, 0, 0, {"conflicting_amount": 2})
    assert read_rejects(snapshot)[0] == ("raw.csv", 3, "contract_amount", "1600", "conflicting_amount")
    assert [str(row["contract_amount"]) for row in read_contracts(snapshot)] == ["1500.00"]


def test_a_rejected_row_does_not_represent_its_award(tmp_path: Path) -> None:
    snapshot = import_rows(tmp_path, {"Contract Amount": "soon"}, {"Line Item No": "2"})
    assert fates(snapshot) == (1, 0, 0, 0, {"invalid_amount": 1})
    assert read_contracts(snapshot)[0]["line_items"] == 1


def test_exact_duplicates_count_once_whatever_they_are(tmp_path: Path) -> None:
    bad = {**SECOND, "Contract Amount": "soon"}
    snapshot = import_rows(tmp_path, {}, UNAWARDED, bad, {}, UNAWARDED, bad, {})
    assert fates(snapshot) == (1, 0, 1, 4, {"invalid_amount": 1})
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


def test_flood_rows_without_amount_are_rejected_not_unawarded(tmp_path: Path) -> None:
    rows = [
        {"contract_amount": ""},
        {"contract_amount": "", "awardee_name": ""},
        {"contract_number": "24A", "awardee_name": ""},
    ]
    snapshot = import_all(tmp_path / "data", write_flood(tmp_path / "flood.csv", *rows))
    assert [reject[1:] for reject in read_rejects(snapshot)] == [
        (2, "contract_amount", "", "missing_value"),
        (3, "contract_amount", "", "missing_value"),
    ]
    assert [repair[1:] for repair in read_repairs(snapshot)] == [(4, "awardee_name", "", "missing_value")]


def test_flood_rows_beside_awards_keep_their_source(tmp_path: Path) -> None:
    files = [write_flood(tmp_path / "flood.csv", {}), write_s3(tmp_path / "raw.csv", {}, UNAWARDED)]
    manifest = import_all(tmp_path / "data", *files).manifest()
    assert (manifest.rows, manifest.flood_rows) == (2, 1)
    assert (str(manifest.total_value), str(manifest.flood_value)) == ("1600.00", "100.00")


ROW = st.fixed_dictionaries(
    {
        "Bid Reference No.": st.sampled_from(["1", "2", "0", ""]),
        "Award No.": st.sampled_from(["1", "01.0", "NULL"]),
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
    known = [row for row in contracts if row["reference_id"] and row["award_number"]]
    keys = {(row["reference_id"], row["award_number"].lstrip("0"), row["awardee_name"]) for row in known}
    assert len(keys) == len(known)
    assert len(contracts) == imported
    assert sum(row["line_items"] for row in contracts) == imported + collapsed
    assert len(read_rejects(snapshot)) == sum(reasons.values())
