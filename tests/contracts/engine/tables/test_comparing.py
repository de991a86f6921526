"""A comparison says of both sides what their tables say, joined in plain Python, in all orders and pages."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.engine.store import Reader, Store
from contracts.questions.comparisons import COMPARED_PARTS, Comparison, ComparisonSort
from contracts.questions.dimensions import DIMENSIONS
from contracts.questions.filters import Filters
from contracts.questions.query import Page
from tests.contracts import oracle
from tests.contracts.engine.tables.test_tabulation import key_of
from tests.contracts.engine.test_store import read_rows
from tests.contracts.example_questions import awards, one_filter
from tests.contracts.small_stores import make_award, open_awards, write_snapshot

sorts = st.builds(ComparisonSort, field=st.sampled_from(("label", *COMPARED_PARTS)), descending=st.booleans())
Rows = Sequence[dict[str, Any]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(awards, max_size=16),
    st.lists(
        st.tuples(one_filter, one_filter, st.sampled_from(sorted(DIMENSIONS)), sorts), min_size=4, max_size=6
    ),
)
def test_comparisons_say_what_two_tables_of_the_oracle_say(
    given_awards: list[dict[str, Any]], questions: list[tuple[Filters, Filters, str, ComparisonSort]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        snapshot = write_snapshot(Path(folder), given_awards)
        rows = read_rows(snapshot)
        store = Store(snapshot)
        with store.reader() as reader:
            for a, b, by, sort in questions:
                sides = [[row for row in rows if oracle.matches(row, side)] for side in (a, b)]
                check_comparison(reader, Comparison(a=a, b=b, by=by, sort=sort), sides)
        store.close()


def take_all(reader: Reader, comparison: Comparison, *, size: int) -> tuple[Any, list[Any]]:
    """The answer of the first page, and the rows of all pages."""
    first = reader.compare(comparison, Page(size=size))
    pages = -(-first["total_rows"] // size)
    rest = [reader.compare(comparison, Page(number=n, size=size))["rows"] for n in range(2, pages + 1)]
    return first, [row for rows in (first["rows"], *rest) for row in rows]


def check_comparison(reader: Reader, comparison: Comparison, sides: Sequence[Rows]) -> None:
    answer, shown = take_all(reader, comparison, size=5)
    assert json.loads(json.dumps(answer)) == answer
    wholes = [oracle.summary(side) for side in sides]
    assert answer["summary"] == {name: compare(*(whole[name] for whole in wholes)) for name in wholes[0]}
    for period in ("year", "quarter", "month"):
        found = join_groups(sides, period)
        assert answer[f"by_{period}"] == [
            {"label": key, **found[key]} for key in sorted(found, key=lambda key: (key is None, key or ""))
        ]
    assert answer["total_rows"] == len(shown)
    check_rows(shown, comparison, join_groups(sides, comparison.by))


def check_rows(shown: list[Any], comparison: Comparison, expected: Mapping[Any, dict[str, Any]]) -> None:
    # Bands without contracts are rows too, but none of anything else.
    used = [row for row in shown if key_of(row) in expected]
    assert len(used) == len(expected)
    assert comparison.by == "value_band" or used == shown
    for row in used:
        assert {name: row[name] for name in ("count", "total_value")} == expected[key_of(row)]
    assert [key_of(row) for row in used] == order(expected, comparison.sort)


def join_groups(sides: Sequence[Rows], by: str) -> dict[Any, dict[str, Any]]:
    """Key -> the compared count and value of each group that a side has."""
    groups = [oracle.group_rows(side, by, oracle.BANDS) for side in sides]
    joined = {}
    for key in groups[0].keys() | groups[1].keys():
        a, b = (oracle.summary(group.get(key, [])) for group in groups)
        joined[key] = {name: compare(a[name], b[name]) for name in ("count", "total_value")}
    return joined


def compare(a: Any, b: Any) -> dict[str, Any]:
    if a is None or b is None:
        return {"a": a, "b": b, "difference": None, "ratio": None}
    difference = a - b if isinstance(a, int) else f"{Decimal(a) - Decimal(b):.2f}"
    ratio = None
    if Decimal(b):
        ratio = float((Decimal(a) / Decimal(b)).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP))
    return {"a": a, "b": b, "difference": difference, "ratio": ratio}


def order(expected: Mapping[Any, dict[str, Any]], sort: ComparisonSort) -> list[Any]:
    """Missing values last, ties by label."""
    labels = sorted(key for key in expected if key is not None)
    missing = [None] * (None in expected)
    if sort.field == "label":
        return labels[:: -1 if sort.descending else 1] + missing
    measure, part = COMPARED_PARTS[sort.field]
    values = {key: expected[key][measure][part] for key in (*labels, *missing)}
    known = [key for key, value in values.items() if value is not None]
    known.sort(key=lambda key: Decimal(str(values[key])), reverse=sort.descending)
    return known + [key for key, value in values.items() if value is None]


def test_ratio_is_rounded_half_up_and_missing_where_the_other_side_has_nothing() -> None:
    given_awards = [
        make_award(1, awardee_name="Only A", contract_amount=Decimal("2.00"), organization_name="x"),
        make_award(2, awardee_name="Both", contract_amount=Decimal("2.00"), organization_name="x"),
        make_award(3, awardee_name="Both", contract_amount=Decimal("3.00"), organization_name="y"),
        make_award(
            4, awardee_name="Only B", contract_amount=Decimal("9999999999999999.99"), organization_name="y"
        ),
    ]
    asked = {"a": {"organizations": ["x"]}, "b": {"organizations": ["y"]}, "sort": "-total_value_ratio"}
    with open_awards(given_awards) as store, store.reader() as reader:
        rows = reader.compare(Comparison.from_json(asked), Page())["rows"]
    assert [
        (row["label"], row["total_value"]["ratio"], row["total_value"]["difference"]) for row in rows
    ] == [
        ("Both", 0.666667, "-1.00"),
        ("Only B", 0.0, "-9999999999999999.99"),
        ("Only A", None, "2.00"),
    ]
