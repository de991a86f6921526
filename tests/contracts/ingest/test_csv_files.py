"""CSV files: records and their numbers, ragged rows, and files that are not what they claim to be."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BadFile
from contracts.ingest.csv_files import read_csv
from tests.contracts.ingest.raw_files import (
    FLOOD,
    FLOOD_AWARD,
    S3,
    import_all,
    make_rows,
    read_contracts,
    read_rejects,
    read_source,
    write_csv,
    write_s3,
)

BAD = {"Contract Amount": "none of your business"}


def test_a_record_with_line_breaks_is_one_row(tmp_path: Path) -> None:
    file = write_s3(
        tmp_path / "raw.csv",
        {"Award Title": "Repair\r\nof\nroad"},
        {"Bid Reference No.": "2", **BAD},
        above=[["PhilGEPS\nBid Notices"]],
    )
    snapshot = import_all(tmp_path / "data", file)
    assert [contract["award_title"] for contract in read_contracts(snapshot)] == ["Repair of road"]
    assert [reject[1] for reject in read_rejects(snapshot)] == [4]


def test_empty_rows_are_not_read_but_keep_their_numbers(tmp_path: Path) -> None:
    rows = make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])
    file = write_csv(tmp_path / "raw.csv", [S3, [], rows[0], [" "] * len(S3), [], rows[1]])
    snapshot = import_all(tmp_path / "data", file)
    assert (read_source(snapshot).read, [reject[1] for reject in read_rejects(snapshot)]) == (2, [6])


def test_rows_with_too_few_or_too_many_fields_are_rejected_alone(tmp_path: Path) -> None:
    [good, bad] = make_rows(S3, [{}, {"Bid Reference No.": "2", **BAD}])
    file = write_csv(tmp_path / "raw.csv", [S3, good[:-1], good, [*good, ""], bad])
    snapshot = import_all(tmp_path / "data", file)
    assert [(reject[1], reject[2], reject[3], reject[4]) for reject in read_rejects(snapshot)] == [
        (2, "", "", "ragged_row"),
        (4, "", "", "ragged_row"),
        (5, "contract_amount", BAD["Contract Amount"], "invalid_amount"),
    ]
    assert read_source(snapshot).read == 4


def test_equal_ragged_rows_are_each_rejected(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "raw.csv", [S3, ["x"], ["x"]])
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.rejected, source.duplicates) == (2, 0)


def test_a_nameless_last_column_is_nothing_while_it_is_empty(tmp_path: Path) -> None:
    [row, other] = make_rows(S3, [{}, {"Bid Reference No.": "2"}])
    file = write_csv(tmp_path / "raw.csv", [[*S3, ""], [*row, ""], [*other, "surplus"]])
    source = read_source(import_all(tmp_path / "data", file))
    assert (source.imported, source.rejected_by_reason) == (1, {"ragged_row": 1})


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1f"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELL, min_size=8, max_size=10), max_size=12), st.booleans())
def test_records_are_those_of_the_csv_module(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], quoted: bool
) -> None:
    rows = [["1", *row[1:]] if len(row) == len(FLOOD) else row for row in rows]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([FLOOD, *rows])
    file = tmp_path_factory.mktemp("csv") / "raw.csv"
    file.write_text(text.getvalue(), encoding="utf-8", newline="")
    found: dict[int, list[str] | None] = {}
    for batch in read_csv(file):
        columns = [column.to_pylist() for column in batch.columns]
        found |= dict(zip(batch.numbers.to_pylist(), map(list, zip(*columns, strict=True)), strict=True))
        found |= dict.fromkeys(batch.ragged)
    whole = {number: row if len(row) == len(FLOOD) else None for number, row in enumerate(rows, start=2)}
    assert found == whole


def test_a_file_of_another_encoding_names_the_line(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {}, {"Award Title": "PEÑAFRANCIA"}, encoding="latin-1")
    with pytest.raises(BadFile, match=r"raw\.csv, line 3: not UTF-8") as caught:
        import_all(tmp_path / "data", file)
    assert caught.value.line == 3


def test_a_file_that_ends_inside_a_character_names_the_line(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {})
    file.write_bytes(file.read_bytes() + "Ñ".encode()[:1])
    with pytest.raises(BadFile, match="line 3"):
        import_all(tmp_path / "data", file)


def test_an_endless_line_names_the_line(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {}, {}, {"Award Title": "x" * 10_000_000}, {})
    with pytest.raises(BadFile, match=r"line 4: a line of more than") as caught:
        import_all(tmp_path / "data", file)
    assert caught.value.line == 4


def test_a_long_line_that_is_still_allowed_is_read(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {}, {"Bid Reference No.": "2", "Item Name": "x" * 8_000_000}, {})
    assert read_source(import_all(tmp_path / "data", file)).read == 3


def test_an_empty_file_is_bad(tmp_path: Path) -> None:
    file = tmp_path / "raw.csv"
    file.touch()
    with pytest.raises(BadFile, match="empty"):
        import_all(tmp_path / "data", file)


def test_a_header_without_rows_is_no_error(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "raw.csv", [S3])
    assert read_source(import_all(tmp_path / "data", file)).read == 0


@pytest.mark.parametrize(
    ("opened", "closed"),
    [("CITY OF PASIG,1001", '"CITY OF PASIG,1001'), ("CITY OF PASIG,1001", '"CITY OF PASIG",",1001')],
)
def test_a_quote_that_swallows_rows_is_noticed(tmp_path: Path, opened: str, closed: str) -> None:
    """Whether the swallowing record ends up with the right number of fields (first case) or not."""
    file = write_csv(tmp_path / "raw.csv", [S3, *make_rows(S3, [{}] * 5)])
    lines = file.read_text().splitlines()
    lines[2] = lines[2].replace(opened, closed)
    lines[5] = f'"{lines[5]}'
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadFile, match="record 3 swallows"):
        import_all(tmp_path / "data", file)


def test_a_ragged_row_with_a_line_break_is_only_ragged(tmp_path: Path) -> None:
    """Although its last line, taken alone, has as many commas as a row."""
    [row] = make_rows(S3, [{"Procuring Entity": "CITY OF\nPASIG"}])
    file = write_csv(tmp_path / "raw.csv", [S3, row, ["\n", *row]])
    assert read_source(import_all(tmp_path / "data", file)).rejected_by_reason == {"ragged_row": 1}


@pytest.mark.parametrize("rows", [3, 150_000])
def test_a_quote_that_is_never_closed_is_noticed(tmp_path: Path, rows: int) -> None:
    """At the end of a small file as in a large one, of which it would fill the memory."""
    file = write_s3(tmp_path / "raw.csv", {})
    row = ",".join(make_rows(S3, [{}])[0])
    file.write_text(f'{file.read_text()}"{row}\n' + f"{row}\n" * rows)
    with pytest.raises(BadFile, match="never closed"):
        import_all(tmp_path / "data", file)


def test_inch_marks_inside_a_field_are_text(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Title": "12in pipe"})
    file.write_text(file.read_text().replace("12in", '12"'))
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert contract["award_title"] == '12" pipe'


def test_the_flood_header_alone_decides_that_it_is_flood(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "2021.csv", [FLOOD, *make_rows(FLOOD, [FLOOD_AWARD], given={})])
    assert read_source(import_all(tmp_path / "data", file)).generation == "flood-derived"
