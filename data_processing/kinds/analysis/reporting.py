"""What both kinds say: the report of the engine, and the red flags of the same contracts."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypedDict

from contracts.engine.absence import Remarks
from contracts.engine.analysis.answers import Analysis
from contracts.engine.store import Reader
from contracts.flags.answers import FlagCount
from contracts.flags.counts import MOST_CONTRACTS, count_flags
from contracts.flags.flag import VERDICT
from contracts.flags.registry import FLAGS
from contracts.progress import Progress
from contracts.questions.filters import Filters
from data_processing.kinds.context import Context
from data_processing.kinds.kind import TaskRequest


class AnalysisFlags(TypedDict):
    """How many contracts each red flag finds. Where there are too many contracts, none is counted, and
    ``why_none`` says so. ``caution`` goes with all that is shown of them."""

    counts: list[FlagCount]
    why_none: str | None
    caution: str


class AnalysisResult(Analysis, Remarks):
    """The report, and of what it is."""

    flags: AnalysisFlags
    filters_in_words: str
    include_flood_control: bool
    dataset_version: str
    sample: bool


class AnalysisRequest(TaskRequest):
    """Of which contracts: those of a contractor or organization where its name is all that ``filters`` says
    of those."""

    filters: Filters = Filters()

    def describe(self) -> str:
        return f"Analysis: {self.filters.describe()}"


def make_report(filters: Filters, context: Context) -> Generator[Progress, None, AnalysisResult]:
    """The report on the contracts that ``filters`` means; money as strings with two places."""
    yield _say_progress("adding up", 0)
    with context.open_reader() as reader:
        analysis, remarks = reader.analyze(filters), reader.remark(filters)
        flags = yield from _judge(filters, reader)
    return {
        **analysis,
        **remarks,
        "flags": flags,
        "filters_in_words": filters.describe(),
        "include_flood_control": filters.include_flood_control,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }


def _judge(filters: Filters, reader: Reader) -> Generator[Progress, None, AnalysisFlags]:
    found = reader.count(filters).rows
    if found > MOST_CONTRACTS:
        why = (
            f"{found:,} contracts are more than the {MOST_CONTRACTS:,} that are judged in a report; the page "
            "of flags judges them one flag at a time."
        )
        return {"counts": [], "why_none": why, "caution": VERDICT}
    counts = []
    yield _say_progress("reading what flags need", 1)
    for done, one in enumerate(count_flags(filters, reader), start=2):
        counts.append(one)
        yield _say_progress(f"judging {one['code']}", done)
    return {"counts": counts, "why_none": None, "caution": VERDICT}


def _say_progress(phase: str, done: int) -> Progress:
    return Progress(phase=phase, current=done, total=len(FLAGS) + 2, unit="steps")
