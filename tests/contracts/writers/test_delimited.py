from __future__ import annotations

import csv
import gzip
import hashlib
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.engine.store import Store
from contracts.fields import DEFAULT_COLUMNS, FIELDS
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.query import Query, Sort
from contracts.writers.delimited import join_csv, write_csv, write_csv_part
from contracts.writers.outfile import Writing, Written
from tests.contracts.small_stores import make_award, open_awards

ALL_COLUMNS = tuple(field.name for field in FIELDS)
DEFAULT = Query()
AWKWARD = st.sampled_from(
    [
        "=1+1",
        "+63",
        "-5",
        "@x",
        "\tx",
        "\rx",
        "'=1",
        'say "hi"',
        '"',
        "a,b",
        "a\r\nb",
        "\n",
        "",
        " ",
        "Ñ😀",
        "\x00\x01",
    ]
)
TEXT = st.one_of(st.none(), AWKWARD, st.text(max_size=30), st.lists(AWKWARD, max_size=4).map("".join))
AWARDS = st.lists(
    st.fixed_dictionaries(
        {
            "reference_id": TEXT,
            "award_title": TEXT,
            "area_of_delivery": TEXT,
            "award_date": st.none() | st.dates(),
            "approved_budget": st.none() | st.decimals("0.00", "9999999999999999.99", places=2),
        }
    ),
    max_size=12,
)


def export(store: Store, path: Path, *, query: Query = DEFAULT, **options: Any) -> list[Progress]:
    with store.reader() as reader:
        total = reader.count(query.filters).rows
        return list(write_csv(reader.rows_of(query), path, total_rows=total, **options))


def read_table(store: Store, query: Query) -> list[list[Any]]:
    with store.reader() as reader:
        batches = list(reader.stream(query))
    return [list(row.values()) for row in pa.Table.from_batches(batches).to_pylist()] if batches else []


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def expect_cell(value: Any, *, guarded: bool) -> str:
    if value is None:
        return ""
    risky = guarded and isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if risky else str(value)


@settings(max_examples=12, deadline=None)
@given(awards=AWARDS, guarded=st.booleans())
def test_lines_read_back_as_the_table_says(awards: list[dict[str, Any]], *, guarded: bool) -> None:
    query = Query(columns=ALL_COLUMNS)
    rows = [make_award(number, **award) for number, award in enumerate(awards)]
    with open_awards(rows) as store, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        export(store, path, query=query, guard_formulas=guarded)
        header, *lines = read_csv(path)
        assert header == list(ALL_COLUMNS)
        assert lines == [[expect_cell(v, guarded=guarded) for v in row] for row in read_table(store, query)]


def test_the_file_is_utf8_with_mark_and_ends_lines_as_rfc_4180_says(tmp_path: Path) -> None:
    award = make_award(award_title='Ñ "5"', area_of_delivery=None)
    with open_awards([award]) as store:
        query = Query(columns=("award_title", "area_of_delivery", "contract_amount", "award_date"))
        export(store, tmp_path / "out.csv", query=query)
    assert (tmp_path / "out.csv").read_bytes() == (
        b"\xef\xbb\xbfaward_title,area_of_delivery,contract_amount,award_date\r\n"
        b'"\xc3\x91 ""5""",,987654.32,2024-05-17\r\n'
    )


def test_a_missing_value_differs_from_an_empty_one(tmp_path: Path) -> None:
    with open_awards([make_award(award_title="", notice_title=None)]) as store:
        export(store, tmp_path / "out.csv", query=Query(columns=("award_title", "notice_title", "id")))
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1] == b'"",,1'


@pytest.mark.parametrize(("guarded", "written"), [(True, b'"\'21E00050"'), (False, b'"21E00050"')])
def test_a_spreadsheet_does_not_make_a_number_of_a_contract_number(
    tmp_path: Path, *, guarded: bool, written: bytes
) -> None:
    with open_awards([make_award(contract_number="21E00050", award_title="21E00050")]) as store:
        query = Query(columns=("contract_number", "award_title"))
        export(store, tmp_path / "out.csv", query=query, guard_formulas=guarded)
    assert (tmp_path / "out.csv").read_bytes().splitlines()[1] == written + b',"21E00050"'


def test_no_rows_give_the_header(tmp_path: Path, small_store: Store) -> None:
    export(small_store, tmp_path / "out.csv", query=Query(filters=Filters(keywords=("nowhere",))))
    assert read_csv(tmp_path / "out.csv") == [list(DEFAULT_COLUMNS)]


@pytest.mark.parametrize("descending", [True, False])
def test_lines_come_in_the_order_asked_for(tmp_path: Path, *, descending: bool) -> None:
    awards = [make_award(n, awardee_name=f"Firm {n * 31 % 10}") for n in range(50)]
    query = Query(columns=("awardee_name", "id"), sort=Sort(field="awardee_name", descending=descending))
    with open_awards(awards) as store:
        export(store, tmp_path / "out.csv", query=query, batch_rows=7)
    names = [line[0] for line in read_csv(tmp_path / "out.csv")[1:]]
    assert len(names) == len(awards)
    assert names == sorted(names, reverse=descending)


def test_a_packed_file_unpacks_to_the_plain_one_and_holds_no_clock(
    tmp_path: Path, small_store: Store
) -> None:
    export(small_store, tmp_path / "out.csv")
    for name in ("one.csv.gz", "two.csv.gz"):
        export(small_store, tmp_path / name, packed=True)
    packed = (tmp_path / "one.csv.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "out.csv").read_bytes()
    assert packed == (tmp_path / "two.csv.gz").read_bytes()
    assert packed[3:8] == bytes(5)


def drain(writing: Writing) -> Written:
    while True:
        try:
            next(writing)
        except StopIteration as end:
            written: Written = end.value
            return written


@pytest.mark.parametrize("packed", [False, True])
def test_the_digest_is_that_of_the_file(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "out"
    with open_awards([make_award(number) for number in range(1, 30)]) as store, store.reader() as reader:
        source = reader.rows_of(DEFAULT)
        written = drain(write_csv(source, path, total_rows=29, packed=packed, batch_rows=10))
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_digest_of_joined_parts_is_that_of_the_whole(tmp_path: Path) -> None:
    parts, whole = [tmp_path / "a", tmp_path / "b"], tmp_path / "whole"
    with open_awards([make_award(number) for number in range(1, 30)]) as store, store.reader() as reader:
        source = reader.rows_of(DEFAULT)
        for part, places in zip(parts, (range(11), range(11, 29)), strict=True):
            drain(write_csv_part(source, part, places=places))
        expected = drain(write_csv(source, whole, total_rows=29))
    assert drain(join_csv(tmp_path / "joined", parts, total_rows=29)) == expected
