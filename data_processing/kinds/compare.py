"""Compare: the figures of two filters side by side, with the difference and the ratio of each."""

from __future__ import annotations

from contracts.engine.absence import Remarks
from contracts.engine.tables.comparing import ComparisonAnswer
from contracts.progress import Progress
from contracts.questions.comparisons import PagedComparison
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class CompareRequest(TaskRequest, PagedComparison):
    """Which contracts beside which, by what; and which page of the rows."""

    def describe(self) -> str:
        return f"Comparison of {self.say()}, page {self.page}"


class CompareResult(ComparisonAnswer):
    """The figures of both sides and a page of rows, and what the sides are in words."""

    page: int
    page_size: int
    pages: int
    a_in_words: str
    b_in_words: str
    a_remarks: Remarks
    b_remarks: Remarks
    dataset_version: str
    sample: bool


def compute_comparison(request: CompareRequest, context: Context) -> Work:
    """Payload: summary, periods and the rows of the page, money as strings with two places."""
    page = request.wanted
    yield Progress(phase="comparing", current=0, total=1, unit="steps")
    with context.open_reader() as reader:
        answer = reader.compare(request, page)
        of_a, of_b = reader.remark(request.a), reader.remark(request.b)
    payload: CompareResult = {
        **answer,
        "page": page.number,
        "page_size": page.size,
        "pages": -(-answer["total_rows"] // page.size),
        "a_in_words": request.a.describe(),
        "b_in_words": request.b.describe(),
        "a_remarks": of_a,
        "b_remarks": of_b,
        "dataset_version": context.dataset_version,
        "sample": context.sample,
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="compare",
    task="compute_comparison",
    queue="high",
    about="Compare the figures of two filters: two years, two areas, two contractors.",
    request=CompareRequest,
    result=CompareResult,
    work=compute_comparison,
    time_limit_s=120,
    cached=True,
)
