from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.ingest import layout
from tests.contracts.small_stores import make_award, write_snapshot

DAYS = [date(2023, 1, 2), None, date(2024, 3, 4), date(2023, 1, 2), None, date(2022, 5, 6)]


def select(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "contracts.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def write(folder: Path, awards: Sequence[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    write_snapshot(folder, awards)
    return folder


@pytest.mark.parametrize("sorted_at_once", [1, 2, 100])
def test_rows_are_numbered_newest_first_and_undated_last_in_however_many_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sorted_at_once: int
) -> None:
    monkeypatch.setattr(layout, "SORTED_AT_ONCE", sorted_at_once)
    awards = [make_award(n, award_date=day, contract_amount=Decimal(n + 1)) for n, day in enumerate(DAYS)]
    rows = select(write(tmp_path, awards), "SELECT id, award_date, contract_amount FROM contracts")
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row[1] for row in rows] == [
        date(2024, 3, 4),
        date(2023, 1, 2),
        date(2023, 1, 2),
        date(2022, 5, 6),
        None,
        None,
    ]
    assert [row[2] for row in rows] == [3, 4, 1, 6, 5, 2]


def test_the_order_of_the_input_does_not_change_the_numbering(tmp_path: Path) -> None:
    awards = [make_award(7, award_title=f"Title {n % 3}", source_file=f"{n}.csv") for n in range(9)]
    one, other = write(tmp_path / "a", awards), write(tmp_path / "b", awards[::-1])
    everything = "SELECT * FROM contracts ORDER BY id"
    assert select(one, everything) == select(other, everything)


def test_every_row_finds_its_labels_the_missing_one_included(tmp_path: Path) -> None:
    awards = [make_award(n, area_of_delivery=area) for n, area in enumerate([None, "Cebu", "", None])]
    found = select(
        write(tmp_path, awards),
        """SELECT label, area_of_delivery, all_rows FROM contracts JOIN labels
        ON field = 'area_of_delivery' AND code = area_of_delivery_code""",
    )
    assert len(found) == 4
    assert {row[:2] for row in found} == {(None, None), ("Cebu", "Cebu"), ("", "")}
    assert {row[0]: row[2] for row in found} == {None: 2, "Cebu": 1, "": 1}


def test_labels_count_the_second_source_apart(tmp_path: Path) -> None:
    awards = [make_award(1), make_award(2, source="flood_control", contract_amount=Decimal(5))]
    [row] = select(
        write(tmp_path, awards),
        "SELECT main_rows, main_value, all_rows, all_value FROM labels WHERE field = 'awardee_name'",
    )
    assert row == (1, Decimal("987654.32"), 2, Decimal("987659.32"))


def test_an_empty_import_has_both_tables(tmp_path: Path) -> None:
    assert select(write(tmp_path, []), "SELECT (SELECT count(*) FROM contracts), count(*) FROM labels") == [
        (0, 0)
    ]
