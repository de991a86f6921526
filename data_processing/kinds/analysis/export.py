"""Analysis export: the report as a workbook with charts."""

from __future__ import annotations

from typing import Annotated

from contracts.questions.texts import OneOf
from contracts.snapshot.citation import SAMPLE_WARNING, cite, say_date
from contracts.writers import workbook
from contracts.writers.outfile import Written
from data_processing import datasets
from data_processing.kinds.analysis.reporting import AnalysisRequest, AnalysisResult, make_report
from data_processing.kinds.analysis.sheets import list_sheets
from data_processing.kinds.context import Context, Work
from data_processing.kinds.exporting import ExportResult, hand_over
from data_processing.kinds.exporting.files import FLOOD_NOTE
from data_processing.kinds.kind import TaskKind

FORMATS = ("xlsx",)


class AnalysisExportRequest(AnalysisRequest):
    """Of which contracts the report is, and as what it is written."""

    format: Annotated[str, OneOf(FORMATS, "format")] = "xlsx"

    def describe(self) -> str:
        return f"Analysis ({self.format}): {self.filters.describe()}"


def export_analysis(request: AnalysisExportRequest, context: Context) -> Work:
    """Payload: name, format and rows of the file, which are all rows of its sheets.

    Raises contracts.errors.OutOfSpace.
    """
    report = yield from make_report(request.filters, context)
    sheets = list_sheets(report)
    path = context.partial_path(request.format)
    workbook.write_report(path, sheets, facts=_list_facts(report, context), made_at=context.asked_at)
    words = f"analysis {request.filters.describe()}"
    return hand_over(
        request, path, Written(), rows=sum(len(sheet.rows) for sheet in sheets), words=words, context=context
    )


def _list_facts(report: AnalysisResult, context: Context) -> list[tuple[str, str]]:
    seasons = report["trend"]["seasonality"]
    growth = report["trend"]["growth"]
    concentration = report["concentration"]
    manifest = datasets.describe_version(context.dataset_version)
    facts = [
        *((("Sample data", SAMPLE_WARNING),) if manifest.sample else ()),
        ("Filters", report["filters_in_words"]),
        ("Data as of", say_date(manifest)),
        ("How to cite", cite(manifest)),
        ("Dataset version", report["dataset_version"]),
        ("Made at", f"{context.asked_at:%Y-%m-%d %H:%M} {context.asked_at.tzname()}"),
        ("Season", f"{seasons['formula']} {seasons['source']}"),
        ("Season", seasons["why_none"] or f"Whole years: {', '.join(map(str, seasons['years']))}"),
        ("Concentration", concentration["formula"]),
        ("Concentration", concentration["caution"]),
        *(("Scale", scale["source"]) for scale in concentration["scales"]),
        ("Red flags", report["flags"]["why_none"] or report["flags"]["caution"]),
    ]
    if growth:
        place = facts.index(("Concentration", concentration["formula"]))
        facts.insert(place, ("Growth", f"{growth['formula']} {growth['source']}"))
    if report["include_flood_control"]:
        facts.append(("Note", FLOOD_NOTE))
    return facts


KIND = TaskKind(
    name="analysis_export",
    task="export_analysis",
    queue="normal",
    about="Write a report on contracts into a workbook with charts.",
    request=AnalysisExportRequest,
    result=ExportResult,
    work=export_analysis,
    time_limit_s=600,
    formats=FORMATS,
)
