"""What all exports have in common: formats, what a request says of the file, the file and its sheet About."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Protocol, Self, TypedDict

from django.conf import settings
from pydantic import ConfigDict, Field, JsonValue, Strict, model_validator

from contracts.engine.store import Reader, Totals
from contracts.fields import Also
from contracts.questions.filters import Filters
from contracts.questions.model import invalid_member
from contracts.questions.query import Aggregation
from contracts.questions.texts import OneOf
from contracts.snapshot.citation import SAMPLE_MARK, SAMPLE_WARNING, cite, say_date
from contracts.writers import workbook
from contracts.writers.delimited import write_csv
from contracts.writers.outfile import Rows, Writing, Written
from contracts.writers.parquet import write_parquet
from contracts.writers.workbook import About, Year
from data_processing import datasets
from data_processing.errors import ExportTooLarge
from data_processing.kinds.context import Context, MadeFile, Outcome
from data_processing.kinds.kind import TaskRequest

FORMATS = ("xlsx", "csv", "csv.gz", "parquet")
"""What a file can be; also how its name ends."""
ARCHIVE = "zip"
"""What holds several files."""
STREAM_MEMORY_MB = 200
CSV_FORMATS = ("csv", "csv.gz")
FLOOD_NOTE = "The flood-control source is included. It overlaps the main source: do not add the two up."


class ExportResult(TypedDict):
    """The file that was made. ``cut_texts`` says how many were longer than an Excel cell."""

    name: str
    format: Annotated[str, Also(enum=list(FORMATS))]
    rows: int
    cut_texts: int
    export_id: Annotated[str, Also(format="uuid")]
    size_bytes: int
    sha256: Annotated[str, Also(pattern="^[0-9a-f]{64}$")]


class FileRequest(TaskRequest):
    """As what to write it. ``formula_guard`` concerns CSV only: in the others text is text."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"formula_guard": {"type": "boolean"}}, "required": ["formula_guard"]},
            "then": {"properties": {"format": {"enum": list(CSV_FORMATS)}}, "required": ["format"]},
        }
    )

    format: Annotated[str, OneOf(FORMATS, "format")] = "xlsx"
    formula_guard: Annotated[
        bool,
        Strict(),
        Field(
            description="CSV only, and on unless it is false: text that a spreadsheet would run gets a "
            "leading apostrophe",
            # Generated clients send the defaults that they are told, with other formats too.
            json_schema_extra=lambda schema: schema.pop("default", None),
        ),
    ] = True

    @model_validator(mode="after")
    def _check_guard(self) -> Self:
        if "formula_guard" in self.model_fields_set and self.format not in CSV_FORMATS:
            raise invalid_member(f"goes with {' and '.join(CSV_FORMATS)} only", "formula_guard")
        return self

    def to_json(self) -> dict[str, JsonValue]:
        return self.model_dump(
            mode="json", exclude=set() if self.format in CSV_FORMATS else {"formula_guard"}
        )


def expect_few(rows: int) -> None:
    """Raises ExportTooLarge where a file may not hold so many rows."""
    if rows > settings.EXPORT_MAX_ROWS:
        raise ExportTooLarge(f"{rows:,} rows are more than the {settings.EXPORT_MAX_ROWS:,} allowed")


def write_file(
    source: Rows, wanted: FileRequest, path: Path, *, total_rows: int, about: Callable[[], About]
) -> Writing:
    """Write all rows of ``source`` to ``path`` in the format that is wanted."""
    match wanted.format:
        case "csv" | "csv.gz":
            return write_csv(
                source,
                path,
                total_rows=total_rows,
                guard_formulas=wanted.formula_guard,
                packed=wanted.format == "csv.gz",
            )
        case "parquet":
            return write_parquet(source, path, total_rows=total_rows)
        case _:
            return workbook.write_xlsx(source, path, about=about(), total_rows=total_rows)


def describe_file(
    filters: Filters,
    reader: Reader,
    *,
    totals: Totals,
    context: Context,
    title: str,
    words: str,
    sheet: str = "Contracts",
    counted: str = "Rows",
) -> About:
    """What the sheet About says of the contracts that a file is made of; ``counted`` is what they are called
    there."""
    manifest = datasets.describe_version(context.dataset_version)
    answer = reader.aggregate(Aggregation(filters=filters, dimensions=("by_year",)))
    summary = answer["summary"]
    return About(
        title=title,
        sheet=sheet,
        counted=counted,
        filters_in_words=words,
        dataset_version=context.dataset_version,
        as_of=say_date(manifest),
        citation=cite(manifest),
        sample=SAMPLE_WARNING if manifest.sample else "",
        sources=tuple(source.file for source in manifest.sources),
        rows=totals.rows,
        total_value=totals.total_value,
        average_value=_money(summary["avg_value"]),
        median_value=_money(summary["median_value"]),
        contractors=summary["contractors"],
        organizations=summary["organizations"],
        years=tuple(
            Year(group["label"], group["count"], Decimal(group["total_value"])) for group in answer["by_year"]
        ),
        # Not now: another attempt, or who writes one of its parts, must say the same.
        made_at=context.asked_at,
        notes=(FLOOD_NOTE,) if filters.include_flood_control else (),
    )


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


class Formatted(Protocol):
    """A request that says the format of its file."""

    @property
    def format(self) -> str: ...


def hand_over(
    wanted: Formatted, path: Path, written: Written, *, rows: int, words: str, context: Context
) -> Outcome:
    """The outcome of an export: the complete file at ``path``, and what is told of it."""
    name = f"{make_stem(words, sample=context.sample)}.{wanted.format}"
    return Outcome(
        payload={"name": name, "format": wanted.format, "rows": rows, "cut_texts": written.cut_texts},
        file=MadeFile(
            partial=path,
            name=name,
            format=wanted.format,
            rows=rows,
            filters_in_words=words,
            sha256=written.sha256,
        ),
    )


def make_stem(words: str, *, sample: bool) -> str:
    """A telling file name: what it holds in words, in letters that every file system takes; what is invented
    says so first."""
    text = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:80].rstrip("-")
    return f"{SAMPLE_MARK if sample else ''}philgeps-{text or 'contracts'}"
