"""The file of a model: beside the dataset version that it was made of, whole or not at all.

A ZIP archive that other programs can open: ``model.json`` (Facts), and as Parquet ``found`` (the anomalies,
the strongest first), ``series`` (months of organizations and categories, with what was expected) and
``groups`` (medians and spreads of like contracts). Its layout is FORMAT; a file of another one is none.
"""

from __future__ import annotations

import json
import os
import secrets
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.errors import NotTrained, SnapshotMissing
from contracts.fields import Also
from contracts.snapshot.versions import Snapshot

FORMAT = 1
FACTS, FOUND, SERIES, GROUPS = "model.json", "found.parquet", "series.parquet", "groups.parquet"
HOW = (
    "it is made within minutes of an import, anew each Sunday at 04:00, and at once where an operator asks "
    "for it by POST /api/v1/ops/anomaly-model/"
)
"""How to get a model."""
# Of these few are read for a page, so that the others stay packed.
SERIES_TOGETHER = 64

FOUND_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("organization", pa.string()),
        ("category", pa.string()),
        ("series", pa.int32()),
        ("first_day", pa.date32()),
        ("last_day", pa.date32()),
        ("score", pa.float64()),
        ("actual", pa.decimal128(38, 2)),
        ("expected", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("alike", pa.int64()),
        ("contracts", pa.int64()),
        ("total_value", pa.decimal128(38, 2)),
        ("largest", pa.list_(pa.int64())),
    ]
)
"""``series`` is the number of a row of the series; ``alike`` how many like contracts there are. Of a level,
``actual`` and ``expected`` are the usual months after and before. ``largest`` are ids of contracts, SHOWN of
them at most."""

Count = Annotated[int, Also(minimum=0)]


class Coverage(TypedDict):
    """What could be judged: of all there is, what is long, full or large enough."""

    contracts: Count
    contracts_judged: Count
    organizations: Count
    organizations_judged: Count
    categories: Count
    categories_judged: Count


class Trial(TypedDict):
    """Of ``tried`` that were planted for a trial in the dataset's own contracts, ``found`` were."""

    kind: str
    planted: str
    tried: Count
    found: Count


class Facts(TypedDict):
    """What a model says of itself. ``found`` is how many of each kind there are, ``kept`` how many of them
    the file holds; ``trials`` is the error that was measured."""

    format: int
    dataset_version: str
    trained_at: Annotated[str, Also(format="date-time")]
    parameters: dict[str, float]
    coverage: Coverage
    found: dict[str, Count]
    trials: list[Trial]


@dataclass(frozen=True, kw_only=True)
class Model:
    """``found`` is of FOUND_SCHEMA. ``series``: number, of, name, first_month, values, expected (pesos by
    month, null where there was nothing), spread (of logarithms). ``groups``: category, buyer, year, alike,
    middle, spread."""

    facts: Facts
    found: pa.Table
    series: pa.Table
    groups: pa.Table


def write_model(snapshot: Snapshot, model: Model) -> Path:
    """Write the file, in place of an older one. Raises SnapshotMissing."""
    # A name of its own, as two may be at it; the last one that is renamed stays.
    partial = snapshot.path / f".{snapshot.anomalies.name}.{secrets.token_hex(4)}"
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(FACTS, json.dumps(model.facts, indent=1, ensure_ascii=False))
            for name, table in ((FOUND, model.found), (SERIES, model.series), (GROUPS, model.groups)):
                archive.writestr(name, _pack(table))
        os.replace(partial, snapshot.anomalies)
    except FileNotFoundError:
        raise SnapshotMissing(f"dataset version {snapshot.version!r} is not on disk any more") from None
    finally:
        partial.unlink(missing_ok=True)
    return snapshot.anomalies


def read_facts(snapshot: Snapshot) -> Facts:
    """What the model of ``snapshot`` says of itself. Raises NotTrained, SnapshotMissing."""
    facts: Facts = json.loads(_read(snapshot, FACTS))
    if facts["format"] != FORMAT:
        raise NotTrained(
            f"the anomaly model of dataset version {snapshot.version!r} is of another program: {HOW}"
        )
    return facts


def is_trained(snapshot: Snapshot) -> bool:
    """Whether ``snapshot`` has a model that this program can read. Raises SnapshotMissing."""
    try:
        read_facts(snapshot)
    except NotTrained:
        return False
    return True


def read_found(snapshot: Snapshot) -> pa.Table:
    """All anomalies that the model holds. Raises NotTrained, SnapshotMissing."""
    return pq.read_table(pa.BufferReader(_read(snapshot, FOUND)))


def read_series(snapshot: Snapshot, numbers: list[int]) -> pa.Table:
    """The series with these numbers. Raises NotTrained, SnapshotMissing."""
    return pq.read_table(
        pa.BufferReader(_read(snapshot, SERIES)), filters=[("number", "in", numbers or [-1])]
    )


def _pack(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        row_group_size=SERIES_TOGETHER if "values" in table.column_names else None,
    )
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _read(snapshot: Snapshot, name: str) -> bytes:
    try:
        with zipfile.ZipFile(snapshot.anomalies) as archive:
            return archive.read(name)
    except FileNotFoundError:
        if not snapshot.path.is_dir():
            raise SnapshotMissing(f"dataset version {snapshot.version!r} is not on disk any more") from None
        raise NotTrained(f"dataset version {snapshot.version!r} has no anomaly model: {HOW}") from None
