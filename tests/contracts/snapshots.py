"""Small snapshots for the engine's tests, built by the real layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from contracts.fields import FIELDS
from contracts.layout import build
from contracts.snapshot import DATABASE, Snapshot

GIVEN: dict[str, Any] = {
    "reference_id": "1",
    "award_number": "1",
    "award_date": date(2024, 5, 17),
    "award_title": "Repair of road",
    "awardee_name": "ACME",
    "organization_name": "DPWH",
    "contract_amount": Decimal("1000.00"),
    "line_items": 1,
    "source": "philgeps",
    "source_file": "2024.csv",
}
COLUMNS = tuple(field for field in FIELDS if field.name != "id")


def make_snapshot(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Snapshot:
    """A snapshot of ``rows``; what a row does not say is taken from GIVEN."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / DATABASE)) as con:
        con.execute(f"CREATE TEMP TABLE awards ({', '.join(f'{c.name} {c.type.sql_type}' for c in COLUMNS)})")
        places = ", ".join("?" for _ in COLUMNS)
        values = [[{**GIVEN, **row}.get(column.name) for column in COLUMNS] for row in rows]
        if values:
            con.executemany(f"INSERT INTO awards VALUES ({places})", values)
        build(con, "awards")
    return Snapshot(folder)


def read_rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    """All rows as stored, in the order of their ids, read without the store."""
    names = ", ".join(field.name for field in FIELDS)
    with duckdb.connect(str(snapshot.database), read_only=True) as con:
        rows = con.execute(f"SELECT {names} FROM contracts ORDER BY id").fetchall()
    return [dict(zip((field.name for field in FIELDS), row, strict=True)) for row in rows]
