"""The shapes of what is said of a dataset version's files."""

from __future__ import annotations

from typing import Literal, TypedDict

from api.document.shapes import Path, Sha256, Time
from data_processing.outputs.estimates import Count


class BulkFile(TypedDict):
    """The contracts of a year of award; of no known day where ``year`` is null."""

    name: str
    year: Count | None
    rows: Count
    size_bytes: Count
    sha256: Sha256
    url: Path


class Bulk(TypedDict):
    """All contracts of a dataset version, in files."""

    dataset_version: str
    sample: bool
    rows: Count
    size_bytes: Count
    datapackage: Path
    files: list[BulkFile]


class BulkProgress(TypedDict):
    """The files of a dataset version are being made."""

    dataset_version: str
    sample: bool
    status: str
    files_made: Count
    files: Count


class SchemaField(TypedDict):
    """A column, in the words of Table Schema."""

    name: str
    title: str
    type: Literal["string", "integer", "number", "date"]
    description: str


class TableSchema(TypedDict):
    """The columns of a file."""

    fields: list[SchemaField]
    primaryKey: list[str]


class Resource(TypedDict):
    """A file, in the words of Data Package. ``path`` is relative to the description."""

    name: str
    title: str
    type: Literal["table"]
    path: str
    format: str
    mediatype: str
    bytes: Count
    hash: str
    schema: TableSchema


class PackageSource(TypedDict):
    """A raw file that the contracts come from."""

    title: str


DataPackage = TypedDict(
    "DataPackage",
    {
        "$schema": str,
        "name": str,
        "title": str,
        "description": str,
        "version": str,
        "created": Time,
        "sources": list[PackageSource],
        "resources": list[Resource],
    },
)
"""All files of a dataset version as a Data Package (datapackage.org, version 2)."""
