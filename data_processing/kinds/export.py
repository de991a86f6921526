"""Export: all rows of a query into a file."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Annotated, Self, TypedDict

from django.conf import settings
from pydantic import ConfigDict, Field, JsonValue, Strict, model_validator

from contracts.engine.store import Reader, Totals
from contracts.fields import Also
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.model import invalid_member
from contracts.questions.query import Aggregation, Query, Sort
from contracts.questions.texts import OneOf
from contracts.writers import workbook
from contracts.writers.delimited import join_csv, write_csv
from contracts.writers.outfile import Writing
from contracts.writers.parquet import write_parquet
from contracts.writers.workbook import About, Year
from data_processing import datasets
from data_processing.errors import ExportTooLarge
from data_processing.kinds.context import Context, MadeFile, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest
from data_processing.kinds.split import write_split
from data_processing.outputs.parts import PartPlan, rows_of

FORMATS = ("xlsx", "csv", "csv.gz", "parquet")
"""What a file can be; also how its name ends."""
STREAM_MEMORY_MB = 200
CSV_FORMATS = ("csv", "csv.gz")


class ExportResult(TypedDict):
    """The file that was made. ``cut_texts`` says how many were longer than an Excel cell."""

    name: str
    format: Annotated[str, Also(enum=list(FORMATS))]
    rows: int
    cut_texts: int
    export_id: Annotated[str, Also(format="uuid")]
    size_bytes: int
    sha256: Annotated[str, Also(pattern="^[0-9a-f]{64}$")]


class ExportRequest(TaskRequest, Query):
    """What to write, and as what. ``formula_guard`` concerns CSV only: in the others text is text."""

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

    def describe(self) -> str:
        return f"Export ({self.format}): {self.filters.describe()}"


def export_contracts(request: ExportRequest, context: Context) -> Work:
    """Payload: name, format, rows and cut texts of the file.

    Raises ExportTooLarge, contracts.errors.OutOfSpace.
    """
    yield Progress(phase="counting rows", current=0, total=0)
    with context.open_reader(memory_mb=memory_for(request)) as reader:
        totals = reader.count(request.filters)
        if totals.rows > settings.EXPORT_MAX_ROWS:
            raise ExportTooLarge(
                f"{totals.rows:,} rows are more than the {settings.EXPORT_MAX_ROWS:,} allowed"
            )
        path = context.partial_path(request.format)
        written = yield from _write(request, reader, path, totals=totals, context=context)
    words = request.filters.describe()
    name = f"{_file_stem(words)}.{request.format}"
    return Outcome(
        payload={
            "name": name,
            "format": request.format,
            "rows": totals.rows,
            "cut_texts": written.cut_texts,
        },
        file=MadeFile(
            partial=path, name=name, format=request.format, rows=totals.rows, filters_in_words=words
        ),
    )


def memory_for(query: Query) -> int:
    """What the engine may hold, in MB: little for rows in the order in which they lie."""
    # DuckDB fills what it is given, here with blocks that it will not read again. Only a sort can use more.
    whole: int = settings.ENGINE_MEMORY_MB
    return min(whole, STREAM_MEMORY_MB) if query.sort == Sort() else whole


def _write(wanted: ExportRequest, reader: Reader, path: Path, *, totals: Totals, context: Context) -> Writing:
    match wanted.format:
        case "xlsx" | "csv" if totals.rows > settings.EXPORT_SPLIT_ROWS:
            return _write_in_parts(wanted, reader, path, totals=totals, context=context)
        case "csv" | "csv.gz":
            return write_csv(
                reader,
                wanted,
                path,
                total_rows=totals.rows,
                guard_formulas=wanted.formula_guard,
                packed=wanted.format == "csv.gz",
            )
        case "parquet":
            return write_parquet(reader, wanted, path, total_rows=totals.rows)
        case _:
            about = _describe_export(wanted.filters, reader, totals=totals, context=context)
            return workbook.write_xlsx(reader, wanted, path, about=about, total_rows=totals.rows)


def _write_in_parts(
    wanted: ExportRequest, reader: Reader, path: Path, *, totals: Totals, context: Context
) -> Writing:
    """The same bytes, written by as many workers as have time."""
    rows = settings.EXPORT_SPLIT_ROWS
    parts = [range(start, min(start + rows, totals.rows)) for start in range(0, totals.rows, rows)]
    write = partial(write_part, wanted, reader)
    if wanted.format == "csv":
        plans = [{"start": places.start, "stop": places.stop} for places in parts]
        join = partial(join_csv, path, total_rows=totals.rows)
        return write_split(plans, write=write, join=join, context=context)
    about = _describe_export(wanted.filters, reader, totals=totals, context=context)
    sheets = workbook.plan_sheets(wanted.columns, about, parts)
    return write_split(
        [sheet.to_json() for sheet in sheets],
        write=write,
        join=partial(workbook.join_sheets, path, columns=wanted.columns, about=about, plans=sheets),
        context=context,
    )


def write_part(wanted: ExportRequest, reader: Reader, plan: PartPlan, path: Path) -> Writing:
    """Write one of the parts that an export was split into."""
    if wanted.format == "xlsx":
        return workbook.write_sheet(reader, wanted, path, plan=workbook.SheetPlan.from_json(plan))
    places = rows_of(plan)
    return write_csv(
        reader,
        wanted,
        path,
        total_rows=len(places),
        places=places,
        guard_formulas=wanted.formula_guard,
    )


def _describe_export(filters: Filters, reader: Reader, *, totals: Totals, context: Context) -> About:
    """What the sheet About says."""
    manifest = datasets.open_store(context.dataset_version).snapshot.manifest()
    answer = reader.aggregate(Aggregation(filters=filters, dimensions=("by_year",)))
    summary = answer["summary"]
    return About(
        title="PhilGEPS contracts",
        filters_in_words=filters.describe(),
        dataset_version=context.dataset_version,
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


FLOOD_NOTE = "The flood-control source is included. It overlaps the main source: do not add the two up."


def _file_stem(words: str) -> str:
    """A telling file name: the filters in words, in letters that every file system takes."""
    text = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:80].rstrip("-")
    return f"philgeps-{text or 'contracts'}"


KIND = TaskKind(
    name="export",
    task="export_contracts_to_excel",
    queue="normal",
    about="Write the rows of a query into a file.",
    request=ExportRequest,
    result=ExportResult,
    work=export_contracts,
    time_limit_s=3 * 3600,
    formats=FORMATS,
)
