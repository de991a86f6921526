"""The same filters mean the same rows in every kind of task and in every format."""

from __future__ import annotations

import contextlib
import csv
import gzip
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.questions.filters import Filters
from contracts.questions.query import Query
from data_processing.kinds.context import Context, Outcome
from data_processing.kinds.exporting import FORMATS
from data_processing.kinds.registry import KINDS
from data_processing.outputs.estimates import estimate_export
from tests.contracts import oracle
from tests.contracts.engine.test_store import read_rows
from tests.contracts.example_questions import awards, one_filter
from tests.datasets import publish_awards

pytestmark = pytest.mark.django_db

# The API refuses a reversed range; the engine has no need to.


class Uninterrupted:
    """Work that nobody cancels."""

    @contextlib.contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        yield


def do_work(kind: str, body: dict[str, Any], version: str) -> Outcome:
    context = Context(
        run_id=uuid.uuid4(),
        attempt=1,
        dataset_version=version,
        asked_at=datetime(2026, 11, 21, tzinfo=UTC),
        claimed_at=datetime(2026, 11, 21, tzinfo=UTC),
        worker="w",
        queue="normal",
        hold=Uninterrupted(),
    )
    work = KINDS[kind].begin(body, context)
    while True:
        try:
            next(work)
        except StopIteration as done:
            outcome: Outcome = done.value
            return outcome


def count_rows(path: Path, format: str) -> int:
    match format:
        case "xlsx":
            with path.open("rb") as file:
                sheet = openpyxl.load_workbook(file)["Contracts"]
                return len(list(sheet.iter_rows(min_row=2, values_only=True)))
        case "parquet":
            return int(pq.ParquetFile(path).metadata.num_rows)
    opener = gzip.open if format == "csv.gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(awards, max_size=16), st.lists(one_filter, min_size=2, max_size=3))
def test_search_aggregates_estimate_and_every_format_count_the_rows_that_the_filters_mean(
    db: None, given_awards: list[dict[str, Any]], questions: list[Filters]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with override_settings(DATASET_ROOT=root / "datasets", EXPORT_ROOT=root / "exports"):
            snapshot = publish_awards(root / "datasets", given_awards)
            rows = read_rows(snapshot)
            for filters in questions:
                wanted = [row for row in rows if oracle.matches(row, filters)]
                assert count_everywhere(filters, snapshot.version) == dict.fromkeys(
                    ("search", "aggregates", "table", "table file", "estimate", *FORMATS), len(wanted)
                )
                value = f"{sum((row['contract_amount'] for row in wanted), Decimal(0)):.2f}"
                assert value_everywhere(filters, snapshot.version) == dict.fromkeys(
                    ("search", "aggregates", "table", "table file", "estimate"), value
                )


def read_result(outcome: Outcome) -> dict[str, Any]:
    return dict(outcome.payload)


def count_everywhere(filters: Filters, version: str) -> dict[str, int]:
    body = {"filters": filters.to_json()}
    counts = {
        "search": read_result(do_work("search", body, version))["total_rows"],
        "aggregates": read_result(do_work("aggregates", body, version))["summary"]["count"],
        "table": sum(row["count"] for row in read_table(body, version)),
        "table file": sum(int(row["count"]) for row in read_table_file(body, version)),
        "estimate": estimate_export(Query.from_json(body), format="xlsx", version=version)["rows"],
    }
    for format in FORMATS:
        made = do_work("export", {**body, "format": format}, version).file
        assert made is not None
        counts[format] = count_rows(made.partial, format)
        assert made.rows == counts[format]
    return counts


def value_everywhere(filters: Filters, version: str) -> dict[str, str]:
    body = {"filters": filters.to_json()}
    return {
        "search": read_result(do_work("search", body, version))["total_value"],
        "aggregates": read_result(do_work("aggregates", body, version))["summary"]["total_value"],
        "table": add_up(read_table(body, version)),
        "table file": add_up(read_table_file(body, version)),
        "estimate": estimate_export(Query.from_json(body), format="xlsx", version=version)["total_value"],
    }


def read_table(body: dict[str, Any], version: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_result(do_work("table", {**body, "rows": "month"}, version))["rows"]
    return rows


def read_table_file(body: dict[str, Any], version: str) -> list[dict[str, Any]]:
    made = do_work("table_export", {**body, "rows": "value_band", "format": "csv"}, version).file
    assert made is not None
    with made.partial.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def add_up(rows: list[dict[str, Any]]) -> str:
    return f"{sum((Decimal(row['total_value']) for row in rows), Decimal(0)):.2f}"
