"""CSV files: records and their numbers, ragged rows, and files that are not what they claim to be."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BadFile
from contracts.ingest.sources import GENERATIONS
from contracts.ingest.text import quotes
from contracts.ingest.text.csv_files import read_csv
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


def read_all(file: Path) -> tuple[list[int], list[int]]:
    """The numbers of the rows that were read, and of those that are ragged."""
    batches = list(read_csv(file))
    return (
        [number for batch in batches for number in batch.numbers.to_pylist()],
        [number for batch in batches for number in batch.ragged],
    )


def read_titles(file: Path) -> list[str]:
    """The award titles of an S3 file."""
    return [title for batch in read_csv(file) for title in batch.columns[S3.index("Award Title")].to_pylist()]


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
    rows += [["1"] * len(FLOOD)] * 2  # so that an empty cell too many is not in every row
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
    ("quoted", "outcome"),
    [('"CITY OF PASIG', ([2, 4, 6], [3, 5])), ('"CITY OF PASIG","', ([2, 6], [3, 4, 5]))],
)
def test_rows_with_lone_quotes_are_rejected_and_those_between_are_read(
    tmp_path: Path, quoted: str, outcome: tuple[list[int], list[int]]
) -> None:
    """Those between as well, where the first is no whole row otherwise (second case)."""
    file = write_csv(tmp_path / "raw.csv", [S3, *make_rows(S3, [{}] * 5)])
    lines = file.read_text().splitlines()
    lines[2] = lines[2].replace("CITY OF PASIG", quoted)
    lines[4] = f'"{lines[4]}'
    file.write_text("\n".join(lines), encoding="utf-8")
    assert read_all(file) == outcome


def test_two_rows_with_lone_quotes_do_not_become_one(tmp_path: Path) -> None:
    """Head of the first, tail of the second: 43 cells, as of a row."""
    rows = make_rows(
        S3,
        [
            {"Bid Reference No.": str(number), "Item Name": '"chair' if number < 3 else "chair"}
            for number in range(1, 5)
        ],
    )
    file = tmp_path / "raw.csv"
    file.write_text("".join(",".join(row) + "\r\n" for row in [S3, *rows]))
    snapshot = import_all(tmp_path / "data", file)
    assert [contract["reference_id"] for contract in read_contracts(snapshot)] == ["3", "4"]
    assert [(reject[1], reject[4]) for reject in read_rejects(snapshot)] == [
        (2, "ragged_row"),
        (3, "ragged_row"),
    ]
    assert read_source(snapshot).read == 4


@pytest.mark.parametrize(
    ("lines", "read", "ragged"),
    [
        # A lone quote whose cell ends, as it were, at an inch mark in the same column of the next row.
        (['1,2,"chair,4', '5,6,pipe 12",8', "9,9,9,9"], [4], [2, 3]),
        # The same three rows further down: all lines between are whole rows.
        (['1,2,"chair,4', "5,6,7,8", '5,6,pipe 12",8', "9,9,9,9"], [3, 4, 5], [2]),
        # In another column, where the record would be a ragged one.
        (['1,2,"chair,4', '5,pipe 12",7,8', "9,9,9,9"], [4], [2, 3]),
        # Quotes around words in a cell with a line break: what its lines are is not known.
        (['1,2,"a "b" c\nd",4', "9,9,9,9"], [4], [2, 3]),
        (['1,2,"a "b" c\n1,2,3,4\nd",4', "9,9,9,9"], [5], [2, 3, 4]),
        # Cells with line breaks and commas, as they should be.
        (['1,2,"a\n1,2,3,4\nd",4', "9,9,9,9"], [2, 3], []),
        (['1,2,"say ""a"", b\n""c""",4', '"9\n","9","9",""'], [2, 3], []),
        (['"1\n2","3\n4","5\n6","7\n8"', "9,9,9,9"], [2, 3], []),
        # A cell that ends with the file.
        (["9,9,9,9", '1,2,"chair'], [2], [3]),
        (["9,9,9,9", '1,2,"chair\nand table'], [2], [3, 4]),
        (["9,9,9,9", '1,2,"chair,4'], [2], [3]),
        (["9,9,9,9", '1,2,3,"400'], [2], [3]),
        # An inch mark beside a lone quote: as many quotes as in a sound line.
        (['1 2",3,"chair,4', "5,6,7,8"], [3], [2]),
    ],
)
def test_quotes_that_span_lines_are_held_to_the_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: list[str], read: list[int], ragged: list[int]
) -> None:
    columns = {"award_title": "award_title", "amount": "contract_amount", "x": None, "y": None}
    known = replace(GENERATIONS[-1], columns=columns, needed=frozenset(["contract_amount"]))
    monkeypatch.setattr("contracts.ingest.tables.headers.GENERATIONS", (known,))
    file = tmp_path / "raw.csv"
    file.write_text("\n".join([",".join(columns), *lines]))
    assert read_all(file) == (read, ragged)


def test_a_ragged_row_with_a_line_break_is_only_ragged(tmp_path: Path) -> None:
    """Although its last line, taken alone, has as many commas as a row."""
    [row] = make_rows(S3, [{"Procuring Entity": "CITY OF\nPASIG"}])
    file = write_csv(tmp_path / "raw.csv", [S3, row, ["\n", *row]])
    assert read_source(import_all(tmp_path / "data", file)).rejected_by_reason == {"ragged_row": 1}


@pytest.mark.parametrize("rows", [3, 150_000])
def test_a_quote_that_is_never_closed_costs_its_row(tmp_path: Path, rows: int) -> None:
    """At the end of a small file as in a large one, of which it would fill the memory."""
    file = write_s3(tmp_path / "raw.csv", {})
    row = ",".join(make_rows(S3, [{}])[0])
    file.write_text(f'{file.read_text()}"{row}\n' + f"{row}\n" * rows)
    read, ragged = read_all(file)
    assert (len(read), read[:2], ragged) == (rows + 1, [2, 4], [3])


def test_a_quote_that_swallows_what_cannot_be_told_apart_names_its_line(tmp_path: Path) -> None:
    """The line with the quote is no row, those after it are."""
    file = write_s3(tmp_path / "raw.csv", {})
    row = ",".join(make_rows(S3, [{}])[0])
    file.write_text(f'{file.read_text()}1,"2\n{row}\n{row}\n')
    with pytest.raises(BadFile, match=r"raw\.csv, line 3: a quote that is never closed") as caught:
        read_all(file)
    assert caught.value.line == 3


def test_quotes_that_open_again_and_again_end_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these lines would be read to the end of all of them."""
    monkeypatch.setattr(quotes, "_SPARE", 100_000)
    file = write_csv(tmp_path / "raw.csv", [FLOOD])
    file.write_text(file.read_text() + '"x",,,,,,,,"a\n' + 'b","c","d",,,,,,"e\n' * 9000 + '"x" y')
    with pytest.raises(BadFile, match="again and again"):
        read_all(file)


def test_inch_marks_inside_a_field_are_text(tmp_path: Path) -> None:
    file = write_s3(tmp_path / "raw.csv", {"Award Title": "12in pipe"})
    file.write_text(file.read_text().replace("12in", '12"'))
    [contract] = read_contracts(import_all(tmp_path / "data", file))
    assert contract["award_title"] == '12" pipe'


def test_the_flood_header_alone_decides_that_it_is_flood(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "2021.csv", [FLOOD, *make_rows(FLOOD, [FLOOD_AWARD], given={})])
    assert read_source(import_all(tmp_path / "data", file)).generation == "flood-derived"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    rows = make_rows(S3, [{"Award Title": "Chairs, tables"}, {"Award Title": f"a{delimiter}b\n, c"}])
    file = tmp_path / "raw.csv"
    with file.open("w", newline="") as target:
        csv.writer(target, delimiter=delimiter).writerows([["Bid notices", "2024"], S3, *rows])
    assert read_all(file) == ([3, 4], [])
    assert read_titles(file) == ["Chairs, tables", f"a{delimiter}b\n, c"]


@pytest.mark.parametrize("surplus", [1, 3])
def test_empty_cells_at_the_end_of_every_row_are_nothing(tmp_path: Path, surplus: int) -> None:
    """Those of a few rows are a sign of cells that have moved."""
    rows = make_rows(S3, [{"Award Title": str(number)} for number in range(30)])
    file = write_csv(
        tmp_path / "raw.csv", [S3, *([*row, *[""] * surplus] for row in rows), rows[0], [*rows[0], "x"]]
    )
    assert read_all(file) == (list(range(2, 32)), [32, 33])
    assert read_titles(file) == [str(number) for number in range(30)]


def test_a_nameless_last_column_that_no_row_has_is_nothing(tmp_path: Path) -> None:
    assert read_all(write_csv(tmp_path / "raw.csv", [[*S3, ""], *make_rows(S3, [{}, {}])])) == ([2, 3], [])


def test_a_comma_too_many_in_every_row_is_no_empty_cell_at_its_end(tmp_path: Path) -> None:
    """The last column is empty all the same, and everything before it has moved."""
    rows = make_rows(S3, [{"Contract Efectivity Date": "2024-11-21"}] * 20)
    file = tmp_path / "raw.csv"
    file.write_text(
        "".join(",".join(row).replace("PASIG", "PASIG, METRO MANILA") + "\n" for row in [S3, *rows])
    )
    assert read_all(file) == ([], list(range(2, 22)))
