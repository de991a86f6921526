"""An export written in parts is, byte for byte, the one written at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.engine.store import Reader, Store
from contracts.errors import ReconciliationFailed
from contracts.questions.filters import Filters
from contracts.questions.query import Query, Sort
from contracts.writers.delimited import join_csv, write_csv, write_csv_part
from contracts.writers.outfile import Writing
from contracts.writers.workbook import SheetPlan, join_sheets, plan_sheets, write_sheet, write_xlsx
from tests.contracts.example_questions import awards as any_awards
from tests.contracts.example_questions import one_filter, sorts
from tests.contracts.small_stores import make_award, open_awards, open_many_awards
from tests.contracts.writers.test_workbook import ABOUT, AWARDS

EVERYTHING = Filters(include_flood_control=True)


def cut(rows: int, *, into: int) -> list[range]:
    return [range(start, min(start + into, rows)) for start in range(0, rows, into)]


def finish(writing: Writing) -> list[int]:
    return [progress.current for progress in writing]


def write_workbook_in_parts(reader: Reader, query: Query, folder: Path, parts: list[range]) -> Path:
    fields = reader.rows_of(query).fields
    plans = [SheetPlan.from_json(plan.to_json()) for plan in plan_sheets(fields, ABOUT, parts)]
    sheets = [folder / f"sheet{number}" for number in range(len(plans))]
    # Backwards, because parts are written in whatever order.
    for plan, sheet in reversed(list(zip(plans, sheets, strict=True))):
        finish(write_sheet(reader.rows_of(query), sheet, plan=plan))
    path = folder / "joined"
    finish(join_sheets(path, sheets, fields=fields, about=ABOUT, plans=plans))
    return path


def write_csv_in_parts(reader: Reader, query: Query, folder: Path, parts: list[range]) -> Path:
    files = [folder / f"part{number}" for number in range(len(parts))]
    for places, file in reversed(list(zip(parts, files, strict=True))):
        finish(write_csv_part(reader.rows_of(query), file, places=places))
    path = folder / "joined"
    finish(join_csv(path, files, total_rows=parts[-1].stop))
    return path


def assert_parts_make_the_whole(store: Store, query: Query, *, part_rows: int) -> None:
    with tempfile.TemporaryDirectory() as name, store.reader() as reader:
        folder = Path(name)
        total = reader.count(query.filters).rows
        if not total:
            return
        parts, whole = cut(total, into=part_rows), folder / "whole"
        finish(write_xlsx(reader.rows_of(query), whole, about=ABOUT, total_rows=total, sheet_rows=part_rows))
        assert write_workbook_in_parts(reader, query, folder, parts).read_bytes() == whole.read_bytes()
        finish(write_csv(reader.rows_of(query), whole, total_rows=total))
        assert write_csv_in_parts(reader, query, folder, parts).read_bytes() == whole.read_bytes()


@settings(max_examples=6, deadline=None)
@given(awards=AWARDS, sort=sorts, part_rows=st.integers(1, 4))
def test_parts_of_any_text_make_the_whole(awards: list[dict[str, Any]], sort: Sort, part_rows: int) -> None:
    numbered = [make_award(number, **values) for number, values in enumerate(awards)]
    with open_awards(numbered) as store:
        assert_parts_make_the_whole(store, Query(filters=EVERYTHING, sort=sort), part_rows=part_rows)


@settings(max_examples=8, deadline=None)
@given(
    given_awards=st.lists(any_awards, max_size=12),
    filters=one_filter,
    sort=sorts,
    part_rows=st.integers(1, 4),
)
def test_parts_of_what_a_filter_means_make_the_whole(
    given_awards: list[dict[str, Any]], filters: Filters, sort: Sort, part_rows: int
) -> None:
    with open_awards(given_awards) as store:
        assert_parts_make_the_whole(store, Query(filters=filters, sort=sort), part_rows=part_rows)


@pytest.mark.parametrize("sort", [Sort(), Sort(field="contract_amount"), Sort(field="reference_id")], ids=str)
def test_large_parts_read_by_several_threads_make_the_whole(sort: Sort) -> None:
    with open_many_awards(300_000) as store:
        columns = ("id", "reference_id", "award_date", "contract_amount")
        assert_parts_make_the_whole(store, Query(columns=columns, sort=sort), part_rows=125_000)


def test_part_beyond_the_rows_that_there_are_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with open_awards([make_award(number) for number in range(5)]) as store, store.reader() as reader:
        (plan,) = plan_sheets(reader.rows_of(Query()).fields, ABOUT, [range(3, 9)])
        with pytest.raises(ReconciliationFailed):
            finish(write_sheet(reader.rows_of(Query()), tmp_path / "sheet", plan=plan))
        with pytest.raises(ReconciliationFailed):
            finish(write_csv_part(reader.rows_of(Query()), tmp_path / "lines", places=range(3, 9)))
    assert not list(tmp_path.iterdir())
