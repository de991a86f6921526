from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.questions.numbers import ValueRange
from contracts.questions.periods import UNDATED, TimeRange
from contracts.questions.query import Sort
from contracts.snapshot import rows
from contracts.snapshot.arrays import join_ranges, list_bits
from contracts.snapshot.rows import SORTS, RowArrays
from contracts.snapshot.versions import Snapshot
from tests.contracts.small_stores import make_award, write_snapshot


@given(st.lists(st.booleans(), max_size=200))
def test_listed_bits_are_those_that_are_set_whether_few_or_many(values: list[bool]) -> None:
    for mask in (np.array(values, np.bool_), np.array([False] * 500 + values, np.bool_)):
        assert list_bits(np.packbits(mask)).tolist() == np.flatnonzero(mask).tolist()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=20))
def test_joined_ranges_follow_each_other(ranges: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in ranges], np.int64)
    ends = np.array([start + length for start, length in ranges], np.int64)
    wanted = [number for start, length in ranges for number in range(start, start + length)]
    assert join_ranges(starts, ends).tolist() == wanted


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    amounts = [Decimal(n * 7 % 5 + 1) for n in range(40)]
    given_awards = [make_award(n, contract_amount=amount) for n, amount in enumerate(amounts)]
    return write_snapshot(tmp_path_factory.mktemp("rows"), given_awards)


@pytest.mark.parametrize("sort", [Sort(), *SORTS])
@pytest.mark.parametrize(("few", "step"), [(0, 7), (50, 7), (0, 1000)])
def test_pages_are_the_same_whether_sorted_or_walked_through(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, sort: Sort, few: int, step: int
) -> None:
    arrays = RowArrays(snapshot.rows)
    mask = np.arange(arrays.size) % 3 != 0
    whole = arrays.take_ids(arrays.sum_up(mask), sort, range(1000))
    assert whole is not None
    monkeypatch.setattr(rows, "FEW", few)
    monkeypatch.setattr(rows, "_STEP", step)
    found = arrays.sum_up(mask)
    pages = [arrays.take_ids(found, sort, range(start, start + 6)) for start in range(0, 36, 6)]
    assert [number for page in pages if page is not None for number in page] == whole.tolist()
    assert set(whole) == {row + 1 for row in np.flatnonzero(mask)}


@pytest.mark.parametrize(
    ("ranges", "kept"),
    [
        ([TimeRange.year(2024)], [2]),
        ([TimeRange(start=date(2024, 12, 31), end=None)], [2, 3]),
        ([TimeRange(start=None, end=date(2024, 12, 31))], [1, 2]),
        ([UNDATED, TimeRange(start=None, end=date(2023, 12, 31))], [0, 1]),
    ],
)
def test_days_are_within_ranges_with_both_ends_and_undated_ones_only_where_asked_for(
    tmp_path: Path, ranges: list[TimeRange], kept: list[int]
) -> None:
    days = [None, date(2023, 12, 31), date(2024, 12, 31), date(2025, 1, 1)]
    arrays = RowArrays(
        write_snapshot(tmp_path, [make_award(n, award_date=day) for n, day in enumerate(days)]).rows
    )
    mask = np.ones(4, np.bool_)
    arrays.narrow_days(mask, ranges)
    # The latest stands first, the undated one last.
    assert sorted(3 - int(row) for row in np.flatnonzero(mask)) == kept


def test_amounts_at_the_ends_of_a_range_are_in_it(snapshot: Snapshot) -> None:
    arrays = RowArrays(snapshot.rows)
    mask = np.ones(arrays.size, np.bool_)
    arrays.narrow_amounts(mask, ValueRange(min=Decimal("2.00"), max=Decimal("3.00")))
    assert set(arrays.take_amounts(np.flatnonzero(mask).astype(np.uint32)).tolist()) == {200, 300}


def test_an_order_that_is_not_kept_is_left_to_the_database(snapshot: Snapshot) -> None:
    arrays = RowArrays(snapshot.rows)
    everything = arrays.sum_up(np.ones(arrays.size, np.bool_))
    assert arrays.take_ids(everything, Sort(field="awardee_name"), range(50)) is None


@settings(max_examples=10, deadline=None)
@given(count=st.integers(1, 30))
def test_sums_beyond_64_bits_are_exact(tmp_path_factory: pytest.TempPathFactory, count: int) -> None:
    greatest = Decimal("9999999999999999.99")
    given_awards = [make_award(n, contract_amount=greatest) for n in range(count)]
    arrays = RowArrays(write_snapshot(tmp_path_factory.mktemp("rows"), given_awards).rows)
    assert arrays.sum_up(np.ones(count, np.bool_)).total_value == greatest * count
