"""Rows in memory become the same file as rows that DuckDB streams."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from contracts.fields import FIELD_BY_NAME
from contracts.questions.query import Page, Query
from contracts.writers.delimited import write_csv
from contracts.writers.lines import write_lines
from tests.contracts.small_stores import make_award, open_awards
from tests.contracts.writers.test_delimited import AWARDS

COLUMNS = ("reference_id", "award_title", "area_of_delivery", "award_date", "approved_budget", "line_items")


@settings(max_examples=30)
@given(AWARDS)
def test_lines_are_those_of_an_export(awards: list[dict[str, Any]]) -> None:
    query = Query(columns=COLUMNS)
    with tempfile.TemporaryDirectory() as folder, open_awards([make_award(**one) for one in awards]) as store:
        path = Path(folder) / "rows.csv"
        with store.reader() as reader:
            list(write_csv(reader.rows_of(query), path, total_rows=len(awards)))
            rows = reader.search(query, Page())
        fields = [FIELD_BY_NAME[name] for name in COLUMNS]
        assert "".join(write_lines(fields, rows)).encode() == path.read_bytes()
