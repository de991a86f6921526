"""A table says of each group what plain Python says of its rows, in all orders, pages and columns."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.engine.store import Reader, Store
from contracts.engine.tables.answers import Figures
from contracts.errors import SnapshotMissing
from contracts.questions.dimensions import DIMENSIONS
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation, Page
from contracts.questions.tables import MAX_COLUMNS, MEASURES, SORTS, Bands, Table, TableSort
from tests.contracts import oracle
from tests.contracts.engine.test_store import read_rows
from tests.contracts.example_questions import awards, one_filter
from tests.contracts.small_stores import make_award, open_awards, write_snapshot

ALL = tuple(MEASURES)
sorts = st.builds(TableSort, field=st.sampled_from(SORTS), descending=st.booleans())
dimensions = st.sampled_from(sorted(DIMENSIONS))
measures = st.lists(st.sampled_from(ALL), min_size=1, unique=True).map(
    lambda names: tuple(name for name in ALL if name in names)
)
bands = st.none() | st.sampled_from(
    [
        Bands(scale="linear", width=Decimal("0.30"), start=Decimal("0.50"), count=7),
        Bands(scale="linear", width=Decimal("1000000"), count=20),
        Bands(scale="logarithmic", steps=7, count=60),
        Bands(scale="logarithmic", steps=100, start=Decimal("1.50"), count=1000),
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """All of a table but its filters."""
    rows, columns = draw(dimensions), draw(st.none() | dimensions)
    cut = draw(bands) if "value_band" in (rows, columns) else None
    if cut is not None and rows != "value_band":
        cut = cut.model_copy(update={"count": min(cut.count, MAX_COLUMNS)})
    return {
        "rows": rows,
        "columns": None if columns == rows else columns,
        "bands": cut if rows == "value_band" or (columns == "value_band" and columns != rows) else None,
        "top_columns": draw(st.integers(1, 4)),
        "measures": draw(measures),
        "sort": draw(sorts),
    }


def take_all(reader: Reader, table: Table, *, size: int) -> tuple[Any, list[Any]]:
    """The answer of the first page, and the rows of all pages."""
    first = reader.tabulate(table, Page(size=size))
    pages = -(-first["total_rows"] // size)
    rest = [reader.tabulate(table, Page(number=n, size=size))["rows"] for n in range(2, pages + 1)]
    return first, [row for rows in (first["rows"], *rest) for row in rows]


def pick(figures: dict[str, Any], table: Table) -> dict[str, Any]:
    return {name: figures[name] for name in table.measures}


def key_of(shown: Any) -> Any:
    """What the oracle calls the group of a row or column."""
    if "min" not in shown:
        return shown["label"]
    low, high = shown["min"], shown["max"]
    return Decimal(-1 if low is None else low), None if high is None else Decimal(high)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(awards, max_size=16), st.lists(st.tuples(one_filter, tables()), min_size=3, max_size=4))
def test_tables_say_what_the_oracle_says(
    given_awards: list[dict[str, Any]], questions: list[tuple[Filters, dict[str, Any]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = write_snapshot(Path(folder), given_awards)
        rows = read_rows(snapshot)
        store = Store(snapshot)
        with store.reader() as reader:
            for filters, asked in questions:
                wanted = [row for row in rows if oracle.matches(row, filters)]
                check_table(reader, Table(filters=filters, **asked), wanted)
        store.close()


def check_table(reader: Reader, table: Table, wanted: Sequence[dict[str, Any]]) -> None:
    bounds = table.bands.bounds if table.bands else oracle.BANDS
    groups = oracle.group_rows(wanted, table.rows, bounds)
    answer, shown = take_all(reader, table, size=200 if table.bands else 5)
    assert json.loads(json.dumps(answer)) == answer
    assert answer["whole"] == pick(oracle.figures(wanted, wanted), table) | (
        {} if wanted or "share" not in table.measures else {"share": 0.0}
    )
    assert answer["total_rows"] == len(shown)
    # Bands without contracts are rows too, but none of anything else.
    used = [row for row in shown if key_of(row) in groups]
    assert len(used) == len(groups)
    assert table.rows == "value_band" or used == shown
    assert [key_of(row) for row in used] == oracle.order_groups(groups, wanted, table)
    for row in used:
        assert {name: row[name] for name in table.measures} == pick(
            oracle.figures(groups[key_of(row)], wanted), table
        )
    if table.columns:
        check_columns(answer["columns"], shown, table, wanted, bounds)


def check_columns(
    columns: list[Any],
    shown: list[Any],
    table: Table,
    wanted: Sequence[dict[str, Any]],
    bounds: Sequence[Decimal],
) -> None:
    assert table.columns is not None
    groups = oracle.group_rows(wanted, table.columns, bounds)
    named = [column for column in columns if not column.get("others")]
    keys = [key_of(column) for column in named if key_of(column) in groups]
    if table.columns in ("value_band", "year", "quarter", "month", "funding_year"):
        assert keys == oracle.order_groups(
            groups, wanted, Table(sort=TableSort(field="label", descending=False))
        )
    else:
        assert keys == oracle.order_groups(groups, wanted, Table())[: table.top_columns]
        assert sum(column.get("labels", 0) for column in columns) == max(0, len(groups) - table.top_columns)
    for place, column in enumerate(columns):
        inside = [
            row
            for key, some in groups.items()
            for row in some
            if (key not in keys if column.get("others") else key == key_of(column))
        ]
        expected = pick(oracle.figures(inside, wanted), table)
        assert {name: column[name] for name in table.measures} == expected
        by_row = oracle.group_rows(inside, table.rows, bounds)
        for row in shown:
            some = by_row.get(key_of(row))
            assert row["cells"][place] == (pick(oracle.figures(some, wanted), table) if some else None)


def test_shape_of_the_answer_names_every_measure() -> None:
    assert set(Figures.__annotations__) == set(MEASURES)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    amounts = ["0.99", "1.00", "999999.99", "1000000.00", "1000000.01", "9999999999999999.99"]
    given_awards = [
        make_award(
            n, contract_amount=Decimal(amount), awardee_name=f"Firm {n % 2}", award_date=date(2020 + n, 1, 31)
        )
        for n, amount in enumerate(amounts)
    ]
    with open_awards(given_awards) as store:
        yield store


def count_by_band(store: Store, **said: Any) -> dict[str, int]:
    table = Table.from_json({"rows": "value_band", "sort": "label", "measures": ["count"], "bands": said})
    with store.reader() as reader:
        rows = reader.tabulate(table, Page(size=1000))["rows"]
    return {str(row["label"]): row["count"] for row in rows}


def test_linear_bands_cut_at_multiples_of_their_width_to_the_centavo(store: Store) -> None:
    assert count_by_band(store, scale="linear", width="500000", start="500000", count=2) == {
        "below 500,000.00": 2,
        "500,000.00 to 999,999.99": 1,
        "1,000,000.00 to 1,499,999.99": 2,
        "1,500,000.00 or more": 1,
    }


def test_logarithmic_bands_cut_at_powers_of_ten_and_show_their_gaps(store: Store) -> None:
    found = count_by_band(store, scale="logarithmic", steps=2, start="100000", count=3)
    assert found == {
        "below 100,000.00": 2,
        "100,000.00 to 316,227.76": 0,
        "316,227.77 to 999,999.99": 1,
        "1,000,000.00 to 3,162,277.65": 2,
        "3,162,277.66 or more": 1,
    }


def test_bands_up_to_the_greatest_amount_leave_nothing_out(store: Store) -> None:
    found = count_by_band(store, scale="logarithmic", steps=60, count=1000)
    assert len(found) == 1 + 16 * 60
    assert sum(found.values()) == 6
    assert "below 1.00" in found


def test_table_by_name_counts_what_aggregates_count(store: Store) -> None:
    with store.reader() as reader:
        rows = reader.tabulate(Table(), Page())["rows"]
        parts = reader.aggregate(Aggregation(dimensions=("by_contractor",)))
    assert [{**row} for row in rows] == [
        {**part, "label": part["label"]}
        for part in parts["by_contractor"]  # type: ignore[typeddict-item]
    ]


def test_page_beyond_the_last_one_is_empty(store: Store) -> None:
    with store.reader() as reader:
        answer = reader.tabulate(Table(columns="year"), Page(number=3))
    assert (answer["rows"], answer["total_rows"], len(answer["columns"])) == ([], 2, 6)


def test_version_that_codes_no_names_says_so(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path, [make_award()])
    with duckdb.connect(str(snapshot.database)) as con:
        con.execute("DROP INDEX contracts_by_id")
        con.execute("ALTER TABLE contracts DROP COLUMN organization_name_code")
    store = Store(snapshot)
    with store.reader() as reader:
        assert reader.tabulate(Table(rows="year"), Page())["total_rows"] == 1
        with pytest.raises(SnapshotMissing, match="import its files again"):
            reader.tabulate(Table(rows="year", measures=("organizations",)), Page())
    store.close()
