"""Publishing small datasets for the tests of the rooms above the engine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contracts.snapshot import versions
from contracts.snapshot.versions import Manifest, Note, Snapshot, SourceReport
from tests.contracts.small_stores import make_award, write_many, write_snapshot

AWARDS = (
    *(
        make_award(
            number,
            award_title=f"Flood control along river {number}",
            contract_amount=Decimal(1000 * number),
            award_date=date(2023 + number % 2, 1 + number % 12, 1 + number % 28),
        )
        for number in range(1, 31)
    ),
    make_award(31, award_title="Office chairs", business_category="Furniture", area_of_delivery=None),
    make_award(32, award_title="=1+1", awardee_name="Señor O'Brien", contract_amount=Decimal("0.54")),
    make_award(33, source="flood_control", award_title="Dike", source_file="flood.csv"),
)


MORE_AWARDS = (
    *AWARDS,
    make_award(34, award_date=date(2020, 1, 2)),
    make_award(35, award_date=None),
    make_award(36, award_date=None, source="flood_control", source_file="flood.csv"),
)
"""Of three years and of no known day."""


def publish_many_awards(root: Path, rows: int) -> Snapshot:
    """Make a dataset of so many awards the current one below ``root``."""
    version = versions.new_version(datetime.now(UTC))
    manifest = Manifest(
        version=version,
        created_at=datetime.now(UTC),
        as_of=date(2025, 12, 31),
        rows=rows,
        total_value=rows * make_award()["contract_amount"],
        flood_rows=0,
        flood_value=Decimal(0),
        first_award=date(2020, 1, 1),
        last_award=date(2020, 1, 1) + timedelta(days=min(rows, 900) - 1),
        sources=(_report(rows),),
    )
    with versions.building(root, version) as folder:
        shutil.copytree(_build_many(rows).name, folder, dirs_exist_ok=True)
        return versions.publish(root, folder, manifest)


# Built once a process and copied: hundreds of tests begin with the same dataset, as a version of their own.
@cache
def _build_standard() -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="explorer-dataset-")
    write_snapshot(Path(folder.name), AWARDS)
    return folder


@cache
def _build_many(rows: int) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix="explorer-dataset-")
    write_many(Path(folder.name), rows)
    return folder


def _report(rows: int) -> SourceReport:
    return SourceReport(
        file="2024.csv",
        generation="S3",
        sha256="0" * 64,
        size_bytes=1,
        read=rows,
        imported=rows,
        collapsed=0,
        unawarded=0,
        duplicates=0,
        rejected=0,
        rejected_by_reason={},
    )


SAMPLE_NOTE = Note(kind=versions.SAMPLE, subject="Sample data (invented)", text="invented")


def publish_awards(
    root: Path, awards: Sequence[Mapping[str, Any]] = AWARDS, *, sample: bool = False
) -> Snapshot:
    """Make a dataset of ``awards`` the current one below ``root``; ``sample``: invented ones."""
    version = versions.new_version(datetime.now(UTC))
    flood = [award for award in awards if award["source"] == "flood_control"]
    manifest = Manifest(
        version=version,
        created_at=datetime.now(UTC),
        as_of=date(2025, 12, 31),
        rows=len(awards),
        total_value=sum((award["contract_amount"] for award in awards), Decimal(0)),
        flood_rows=len(flood),
        flood_value=sum((award["contract_amount"] for award in flood), Decimal(0)),
        first_award=min((award["award_date"] for award in awards if award["award_date"]), default=None),
        last_award=max((award["award_date"] for award in awards if award["award_date"]), default=None),
        sources=(replace(_report(len(awards)), notes=(SAMPLE_NOTE,) if sample else ()),),
    )
    with versions.building(root, version) as folder:
        if awards is AWARDS:
            shutil.copytree(_build_standard().name, folder, dirs_exist_ok=True)
        else:
            write_snapshot(folder, awards)
        return versions.publish(root, folder, manifest)
