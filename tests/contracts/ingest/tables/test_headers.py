"""How columns are recognised: names as the world spells them, columns too many and too few, tables without a
header, and all faults of all files at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import BadFile
from tests.contracts.ingest.raw_files import (
    AWARD,
    S1,
    S3,
    S4,
    S6,
    import_all,
    list_notes,
    make_rows,
    read_contracts,
    read_source,
    write_csv,
    write_s3,
    write_xlsx,
)

S4_AWARD = {
    "Procuring Entity (PE)": "CITY OF PASIG",
    "Bid Reference No.": "6100000",
    "Award Reference No.": "7200000",
    "Awardee Organization Name": "ACME TRADING",
    "Approved Budget of the Contract": "60000.00",
    "Contract Amount": "50000.00",
    "Published Date": "13/10/2024",
    "Closing Date": "20/10/2024",
    "Award Date": "21/11/2024",
}
S6_AWARD = {
    "Procuring Entity": "PROVINCE OF CEBU",
    "Bid Reference No.": "3827",
    "Award Reference No.": "1365",
    "Awardee Organization Name": "HALL KEEPERS",
    "Approved Budget of the Contract (ABC)": "151500.0",
    "Source of Funds": "GAA",
    "Contract Amount": "150000.0",
    "Published Date": "2025-01-16",
    "Closing Date": "2025-01-20",
    "Award Date": "2025-02-03",
    "Bid Notice Status": "Posted/Published",
    "Award Notice Status": "Posted",
}


@pytest.mark.parametrize(
    "spell",
    [
        lambda name: re.sub(r"[^A-Za-z]", ".", name),
        lambda name: name.replace(".", "").replace("(", " ("),
        lambda name: name.replace("'", "’").replace(" ", "_").lower(),
        lambda name: name.replace("'", "&#39;").replace(" ", "\n"),
    ],
    ids=["dots of R", "marks left out", "curly apostrophe and snake case", "entities and line breaks"],
)
def test_names_are_compared_by_letters_and_digits(tmp_path: Path, spell: Callable[[str], str]) -> None:
    file = write_csv(tmp_path / "raw.csv", [[spell(name) for name in S3], *make_rows(S3, [{}])])
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.generation, source.imported, source.notes) == ("S3", 1, ())


def test_a_name_of_another_generation_is_understood(tmp_path: Path) -> None:
    other = {
        "Award No.": "Award Reference No.",
        "UOM": "Unit of Measurement",
        "Published Date": "Publish Date",
    }
    header = [other.get(name, name) for name in S3]
    file = write_csv(tmp_path / "raw.csv", [header, *make_rows(S3, [{"Published Date": "2022-05-01"}])])
    snapshot = import_all(tmp_path / "data", file)
    [contract] = read_contracts(snapshot)
    assert (contract["award_number"], str(contract["publish_date"])) == ("2001", "2022-05-01")
    assert read_source(snapshot).notes == ()


def test_columns_that_nobody_knows_are_named_and_ignored(tmp_path: Path) -> None:
    header = ["", *S3[:5], "Bidder Score", *S3[5:], "Remarks"]
    rows = [["0", *row[:5], "99", *row[5:], "x"] for row in make_rows(S3, [{}])]
    source = read_source(import_all(tmp_path / "data", write_csv(tmp_path / "raw.csv", [header, *rows])))
    assert source.imported == 1
    assert list_notes(source) == [
        ("ignored_column", "(no name, column 1)"),
        ("ignored_column", "Bidder Score"),
        ("ignored_column", "Remarks"),
    ]


@pytest.mark.parametrize("name", ["Sample data (invented)", "sample_data.invented"])
def test_one_file_that_says_it_is_invented_makes_all_of_the_version_a_sample(
    tmp_path: Path, name: str
) -> None:
    real = write_csv(tmp_path / "real.csv", [S3, *make_rows(S3, [{"Award No.": "3001"}])])
    rows = [[*row, ""] for row in make_rows(S3, [{}])]
    invented = write_csv(tmp_path / "renamed.csv", [[*S3, name], *rows])
    manifest = import_all(tmp_path / "data", real, invented).manifest()
    assert [(source.file, source.sample) for source in manifest.sources] == [
        ("real.csv", False),
        ("renamed.csv", True),
    ]
    assert manifest.sample
    assert not import_all(tmp_path / "data", real).manifest().sample


def test_a_missing_column_that_nobody_needs_is_told(tmp_path: Path) -> None:
    header = [name for name in S3 if name not in ("Created By", "Funding Source")]
    file = write_xlsx(tmp_path / "raw.xlsx", [header, *make_rows(header, [{}])])
    source = read_source(import_all(tmp_path / "data", file))
    assert source.imported == 1
    assert list_notes(source) == [("missing_column", "Funding Source"), ("missing_column", "Created By")]
    assert "funding_source is missing in its contracts" in source.notes[0].text


@pytest.mark.parametrize(
    "needed", ["Contract Amount", "Award Date", "Award No.", "Bid Reference No.", "Awardee Organization Name"]
)
def test_a_missing_column_that_contracts_need_refuses_the_file(tmp_path: Path, needed: str) -> None:
    header = [name for name in S3 if name != needed]
    file = write_csv(tmp_path / "raw.csv", [header, *make_rows(header, [{}])])
    with pytest.raises(BadFile, match=rf"raw\.csv: .* resembles generation S3, but lacks '{needed}'"):
        import_all(tmp_path / "data", file)


@pytest.mark.parametrize("nearly", ["Contract Amnt (PHP)", "Amount of Contract"])
def test_a_name_that_is_nearly_right_is_shown(tmp_path: Path, nearly: str) -> None:
    header = [name.replace("Contract Amount", nearly) for name in S3]
    with pytest.raises(BadFile, match=re.escape(f"nearest to 'Contract Amount' is '{nearly}'")):
        import_all(tmp_path / "data", write_csv(tmp_path / "raw.csv", [header]))


def test_a_few_names_resemble_nothing(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "raw.csv", [["x"], ["Region", "Province", "Quantity"], ["I", "Abra", "7"]])
    with pytest.raises(BadFile, match="the nearest is row 2, with 3 of the") as refusal:
        import_all(tmp_path / "data", file)
    assert "resembles" not in str(refusal.value)


def test_a_field_in_two_columns_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="has twice 'Award Date'"):
        import_all(tmp_path / "data", write_csv(tmp_path / "raw.csv", [[*S3, "award date"]]))


def test_the_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    header = [name for name in S3 if name != "Contract Amount"]
    files = [
        write_csv(tmp_path / "no_amount.csv", [header]),
        write_s3(tmp_path / "good.csv", {}),
        write_csv(tmp_path / "ages.csv", [["name", "age"]]),
        write_xlsx(tmp_path / "book.xlsx", [[name for name in S1 if name != "Award Date"]]),
    ]
    with pytest.raises(BadFile) as refusal:
        import_all(tmp_path / "data", *files)
    told = str(refusal.value)
    assert "3 files" in told
    assert all(
        word in told
        for word in ("no_amount.csv", "'Contract Amount'", "ages.csv", "book.xlsx", "'Award Date'")
    )
    assert "good.csv" not in told


@pytest.mark.parametrize(
    ("header", "award", "generation"),
    [(S4, S4_AWARD, "S4/S5"), (S6, S6_AWARD, "S6"), (S3, {**AWARD, "Published Date": "2022-05-01"}, "S3")],
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_without_a_header_is_told_by_its_values(
    tmp_path: Path, header: list[str], award: dict[str, str], generation: str, suffix: str
) -> None:
    write = write_csv if suffix == ".csv" else write_xlsx
    rows = make_rows(header, [award, {"Award Date": "NULL"}], given=award)
    snapshot = import_all(tmp_path / "data", write(tmp_path / f"raw{suffix}", rows))
    source = read_source(snapshot)
    assert (source.generation, source.read) == (generation, 2)
    assert list_notes(source) == [("no_header", generation)]
    assert read_contracts(snapshot)[0]["awardee_name"] == award["Awardee Organization Name"]


def test_a_table_that_says_too_little_needs_to_be_told(tmp_path: Path) -> None:
    given = {name: text for name, text in S4_AWARD.items() if "Date" not in name}
    file = write_csv(tmp_path / "2022.csv", make_rows(S4, [{}], given=given))
    with pytest.raises(BadFile, match="--generation"):
        import_all(tmp_path / "data", file)
    source = read_source(import_all(tmp_path / "data", file, generation="S4"))
    assert (source.generation, source.imported) == ("S4/S5", 1)


def test_a_header_wins_over_what_is_told(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {})
    assert read_source(import_all(tmp_path / "data", file, generation="S4")).generation == "S3"


def test_the_new_system_counts_anew(tmp_path: Path) -> None:
    twins = [{"Item/Lot Name": name} for name in ("chairs\nand tables", "lamps")]
    new = write_csv(tmp_path / "2025_(JAN-MAR).csv", [S6, *make_rows(S6, twins, given=S6_AWARD)])
    old = write_s3(
        tmp_path / "2001.csv",
        {
            "Bid Reference No.": "3827",
            "Award No.": "1365",
            "Contract Amount": "7.00",
            "Procuring Entity": "X",
        },
    )
    snapshot = import_all(tmp_path / "data", new, old)
    assert [
        (c["reference_id"], str(c["contract_amount"]), c["line_items"]) for c in read_contracts(snapshot)
    ] == [
        ("3827", "7.00", 1),
        ("3827", "150000.00", 2),
    ]
    [contract] = [c for c in read_contracts(snapshot) if c["line_items"] == 2]
    assert (contract["funding_source"], contract["award_status"]) == ("GAA", "Posted")
    assert str(contract["approved_budget"]) == "151500.00"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_header_among_the_rows_and_totals_are_no_rows(tmp_path: Path, suffix: str) -> None:
    write = write_csv if suffix == ".csv" else write_xlsx
    amounts = [{"Contract Amount": "1500.00"}, {"Award No.": "2002", "Contract Amount": "500.00"}]
    rows = make_rows(S3, amounts)
    total = [{"Procuring Entity": "GRAND TOTAL:", "Contract Amount": "2000.00"}]
    lines = [S3, rows[0], S3, rows[1], *make_rows(S3, total, given={})]
    snapshot = import_all(tmp_path / "data", write(tmp_path / f"raw{suffix}", lines))
    source = read_source(snapshot)
    assert (source.read, source.imported, str(snapshot.manifest().total_value)) == (2, 2, "2000.00")
    assert list_notes(source) == [("repeated_header", "3"), ("totals_row", "5")]


def test_an_award_of_a_buyer_that_is_called_total_is_an_award(tmp_path: Path) -> None:
    nobody = {
        "Bid Reference No.": "",
        "Award No.": "",
        "Award Title": "Total station",
        "Contract Amount": "5",
    }
    file = write_s3(tmp_path / "raw.csv", {"Procuring Entity": "Total Hospital"}, nobody)
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.imported, source.notes) == (2, ())


def test_another_header_among_the_rows_refuses_the_file(tmp_path: Path) -> None:
    other = [*S3]
    other[0], other[1] = other[1], other[0]
    [row] = make_rows(S3, [{}])
    with pytest.raises(BadFile, match="row 3 is a header"):
        import_all(tmp_path / "data", write_csv(tmp_path / "raw.csv", [S3, row, other, row]))
