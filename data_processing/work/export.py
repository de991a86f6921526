"""Export: all rows of a query into a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from contracts.delimited import write_csv
from contracts.progress import Progress
from contracts.query import Query, choice, reject_unknown
from contracts.store import Reader, Totals
from contracts.workbook import About, write_xlsx
from data_processing import datasets
from data_processing.errors import ExportTooLarge
from data_processing.work.context import Context, MadeFile, Outcome, Work

FORMATS = ("xlsx", "csv")


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What to write, and as what."""

    query: Query
    format: str

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ExportRequest:
        reject_unknown(data, ("filters", "columns", "sort", "format"))
        return cls(
            query=Query.from_json(data), format=choice(data.get("format"), "/format", FORMATS, default="xlsx")
        )

    def to_json(self) -> dict[str, Any]:
        return {**self.query.to_json(), "format": self.format}


def parse(data: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical request. Raises contracts.errors.InvalidQuery."""
    return ExportRequest.from_json(data).to_json()


def describe(request: Mapping[str, Any]) -> str:
    return f"Export ({request['format']}): {Query.from_json(request).filters.describe()}"


def export_contracts(request: Mapping[str, Any], context: Context) -> Work:
    """Payload: name, format and rows of the file. Raises ExportTooLarge, contracts.errors.OutOfSpace."""
    wanted = ExportRequest.from_json(request)
    yield Progress(phase="counting rows", current=0, total=0)
    with context.open_reader() as reader:
        totals = reader.count(wanted.query.filters)
        if totals.rows > settings.EXPORT_MAX_ROWS:
            raise ExportTooLarge(
                f"{totals.rows:,} rows are more than the {settings.EXPORT_MAX_ROWS:,} allowed"
            )
        path = context.partial_path(wanted.format)
        yield Progress(phase="writing rows", current=0, total=totals.rows)
        yield from _write(wanted, reader, path, totals=totals, version=context.dataset_version)
    words = wanted.query.filters.describe()
    name = f"{_file_stem(words)}.{wanted.format}"
    return Outcome(
        payload={"name": name, "format": wanted.format, "rows": totals.rows},
        file=MadeFile(
            partial=path, name=name, format=wanted.format, rows=totals.rows, filters_in_words=words
        ),
    )


def _write(
    wanted: ExportRequest, reader: Reader, path: Path, *, totals: Totals, version: str
) -> Iterator[Progress]:
    if wanted.format == "csv":
        return write_csv(reader, wanted.query, path, total_rows=totals.rows)
    manifest = datasets.open_store(version).snapshot.manifest()
    about = About(
        title="PhilGEPS contracts",
        filters_in_words=wanted.query.filters.describe(),
        dataset_version=version,
        sources=tuple(source.file for source in manifest.sources),
        rows=totals.rows,
        total_value=totals.total_value,
        made_at=timezone.now(),
        notes=(FLOOD_NOTE,) if wanted.query.filters.include_flood_control else (),
    )
    return write_xlsx(reader, wanted.query, path, about=about, total_rows=totals.rows)


FLOOD_NOTE = "The flood-control source is included. It overlaps the main source: do not add the two up."


def _file_stem(words: str) -> str:
    """A telling file name: the filters in words, in letters that every file system takes."""
    text = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:80].rstrip("-")
    return f"philgeps-{text or 'contracts'}"
