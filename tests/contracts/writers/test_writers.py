"""What every writer of files promises: the rows in order, the same bytes for the same rows, progress, and no
file where it goes wrong."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from contracts.engine.store import Store
from contracts.errors import OutOfSpace, QueryInterrupted, ReconciliationFailed
from contracts.questions.query import Query
from contracts.writers.delimited import write_csv
from contracts.writers.outfile import Writing
from contracts.writers.parquet import write_parquet
from contracts.writers.workbook import write_xlsx
from tests.contracts.small_stores import make_award, open_awards, open_many_awards
from tests.contracts.writers.test_workbook import ABOUT

QUERY = Query(columns=("id", "reference_id", "award_title", "award_date"))
SMALL, MANY = 12, 300_000


def read_csv(path: Path, unpack: Callable[..., TextIO] = open) -> list[int]:
    with unpack(path, "rt", encoding="utf-8-sig", newline="") as file:
        return [int(line["id"]) for line in csv.DictReader(file)]


def read_parquet(path: Path) -> list[int]:
    ids: list[int] = pq.read_table(path, columns=["id"]).column(0).to_pylist()
    return ids


def read_xlsx(path: Path) -> list[int]:
    book = CalamineWorkbook.from_path(path)
    sheets = [book.get_sheet_by_name(name).to_python()[1:] for name in book.sheet_names if name != "About"]
    return [int(str(row[0]).partition(".")[0]) for rows in sheets for row in rows]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A writer, called as ``write(rows, path, total_rows=...)``; with ``small_steps`` it reports its
    progress every five rows. ``read`` gives the ids of the rows."""

    write: Callable[..., Writing]
    small_steps: Callable[..., Writing]
    read: Callable[[Path], list[int]]

    @classmethod
    def of(cls, write: Callable[..., Writing], read: Callable[[Path], list[int]], *, step: str) -> Format:
        return cls(write=write, small_steps=partial(write, **{step: 5}), read=read)


write_workbook = partial(write_xlsx, about=ABOUT)
FORMATS = {
    "csv": Format.of(write_csv, read_csv, step="batch_rows"),
    "csv.gz": Format.of(
        partial(write_csv, packed=True), partial(read_csv, unpack=gzip.open), step="batch_rows"
    ),
    "parquet": Format.of(write_parquet, read_parquet, step="group_rows"),
    "xlsx": Format.of(write_workbook, read_xlsx, step="batch_rows"),
    "xlsx of many sheets": Format.of(partial(write_workbook, sheet_rows=7), read_xlsx, step="batch_rows"),
}


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> Format:
    return FORMATS[request.param]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    return tmp_path / "out"


@pytest.fixture(scope="module")
def many() -> Iterator[Store]:
    with open_many_awards(MANY) as store:
        yield store


@pytest.mark.parametrize("name", ["csv.gz", "parquet", "xlsx"])
def test_rows_of_many_threads_come_in_order_and_in_the_same_bytes(
    tmp_path: Path, many: Store, name: str
) -> None:
    form = FORMATS[name]
    paths = tmp_path / "one", tmp_path / "two"
    with many.reader() as reader:
        for path in paths:
            list(form.write(reader.rows_of(QUERY), path, total_rows=MANY))
    assert form.read(paths[0]) == list(range(1, MANY + 1))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_batches_make_no_difference_to_the_rows(out: Path, small_store: Store, form: Format) -> None:
    with small_store.reader() as reader:
        list(form.small_steps(reader.rows_of(QUERY), out, total_rows=SMALL))
    assert form.read(out) == list(range(1, SMALL + 1))


def test_progress_rises_to_the_total(out: Path, small_store: Store, form: Format) -> None:
    with small_store.reader() as reader:
        steps = list(form.small_steps(reader.rows_of(QUERY), out, total_rows=SMALL))
    done = [step.current for step in steps]
    assert done == sorted(set(done))
    assert (done[0], done[-1]) == (0, SMALL)
    assert len(done) >= 4
    assert {(step.total, step.unit) for step in steps} == {(SMALL, "rows")}


@pytest.mark.parametrize("steps", [1, 2])
def test_closing_early_leaves_no_file(out: Path, small_store: Store, form: Format, steps: int) -> None:
    with small_store.reader() as reader:
        work = form.small_steps(reader.rows_of(QUERY), out, total_rows=SMALL)
        for _ in range(steps):
            next(work)
        assert os.listdir(out.parent) == [out.name]
        work.close()
    assert os.listdir(out.parent) == []


@pytest.mark.parametrize("total", [SMALL - 1, SMALL + 1, 0])
def test_another_number_of_rows_than_announced_is_refused(
    out: Path, small_store: Store, form: Format, total: int
) -> None:
    with small_store.reader() as reader, pytest.raises(ReconciliationFailed):
        list(form.write(reader.rows_of(QUERY), out, total_rows=total))
    assert os.listdir(out.parent) == []


@pytest.mark.parametrize("name", ["csv", "csv.gz", "parquet", "xlsx"])
def test_an_interrupt_stops_the_export_and_leaves_no_file(out: Path, many: Store, name: str) -> None:
    with many.reader() as reader:
        work = FORMATS[name].small_steps(reader.rows_of(QUERY), out, total_rows=MANY)
        assert next(work).current == 0
        assert 0 < next(work).current <= 5
        reader.interrupt()
        with pytest.raises(QueryInterrupted):
            list(work)
    assert os.listdir(out.parent) == []


def test_a_full_disk_is_out_of_space_and_leaves_no_file(out: Path, small_store: Store, form: Format) -> None:
    out.symlink_to("/dev/full")
    with small_store.reader() as reader, pytest.raises(OutOfSpace):
        list(form.write(reader.rows_of(QUERY), out, total_rows=SMALL))
    assert os.listdir(out.parent) == []
    assert Path("/dev/full").exists()


def test_an_empty_answer_is_a_file_without_rows(out: Path, form: Format) -> None:
    with open_awards([make_award(source="flood_control")]) as store, store.reader() as reader:
        list(form.write(reader.rows_of(QUERY), out, total_rows=0))
    assert form.read(out) == []
