"""Stores over a few awards for the tests of the engine: real DuckDB files, built by the layout of imports."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from contracts.engine.store import Store
from contracts.fields import FIELDS, FieldType
from contracts.ingest import layout
from contracts.snapshot.versions import Snapshot

ARROW_TYPES = {
    FieldType.TEXT: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.MONEY: pa.decimal128(18, 2),
    FieldType.DATE: pa.date32(),
}
AWARD_SCHEMA = pa.schema([(field.name, ARROW_TYPES[field.type]) for field in FIELDS if field.name != "id"])

Award = Mapping[str, Any]


def make_award(number: int = 1, **values: Any) -> dict[str, Any]:
    """One award with every column filled, distinct by ``number``; ``values`` replace columns."""
    return {
        "reference_id": f"{number:08d}",
        "award_number": str(number),
        "contract_number": f"C-{number}",
        "project_id": f"P{number:08d}LZ",
        "award_date": date(2024, 5, 17),
        "publish_date": date(2024, 4, 1),
        "closing_date": date(2024, 4, 22),
        "funding_year": 2023,
        "start_date": date(2024, 6, 1),
        "completion_date": date(2025, 2, 28),
        "award_title": f"Repair of road {number}",
        "notice_title": f"Repair of a road, section {number}",
        "awardee_name": "Peña & Sons",
        "organization_name": "City of Digos",
        "area_of_delivery": "Davao Del Sur",
        "latitude": "6.75",
        "longitude": "125.35",
        "business_category": "Construction Projects",
        "classification": "Civil Works",
        "procurement_mode": "Public Bidding",
        "funding_source": "Government of the Philippines",
        "award_status": "Awarded",
        "approved_budget": Decimal("1000000.00"),
        "contract_amount": Decimal("987654.32"),
        "implausible": None,
        "line_items": 1,
        "source": "philgeps",
        "source_file": "2024.csv",
        "repaired_fields": None,
        **values,
    }


def write_snapshot(folder: Path, awards: Sequence[Award]) -> Snapshot:
    """A snapshot without manifest that holds ``awards``, ordered and numbered as an import does it."""
    snapshot = Snapshot(folder)
    with duckdb.connect(str(snapshot.database)) as con:
        con.register("given", pa.Table.from_pylist([dict(award) for award in awards], schema=AWARD_SCHEMA))
        con.execute("CREATE TEMP TABLE awards AS SELECT * FROM given")
        layout.build(con, "awards")
        layout.build_arrays(con, folder)
    return snapshot


@contextlib.contextmanager
def open_awards(awards: Sequence[Award]) -> Iterator[Store]:
    """A store over ``awards`` in a folder of its own, gone afterwards; usable inside Hypothesis tests."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(write_snapshot(Path(folder), awards), memory_limit_mb=256)
        try:
            yield store
        finally:
            store.close()


def write_many(folder: Path, rows: int) -> Snapshot:
    """A snapshot without manifest that holds so many awards, few days apart."""
    snapshot = Snapshot(folder)
    with duckdb.connect(str(snapshot.database)) as con:
        con.register("one", pa.Table.from_pylist([make_award()], schema=AWARD_SCHEMA))
        con.execute(
            """CREATE TEMP TABLE awards AS SELECT * EXCLUDE (number) REPLACE (
                number::VARCHAR AS reference_id, DATE '2020-01-01' + number % 900 AS award_date
            ) FROM one, (SELECT range::INTEGER AS number FROM range(?))""",
            [rows],
        )
        layout.build(con, "awards")
        layout.build_arrays(con, snapshot.path)
    return snapshot


@contextlib.contextmanager
def open_many_awards(rows: int) -> Iterator[Store]:
    """A store over so many awards, few days apart, that several threads read it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(write_many(Path(folder), rows), memory_limit_mb=256, threads=2)
        try:
            yield store
        finally:
            store.close()
