"""Analysis: a report on a filter, a contractor or an organization."""

from __future__ import annotations

from data_processing.kinds.analysis.reporting import AnalysisRequest, AnalysisResult, make_report
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind


def run_analysis(request: AnalysisRequest, context: Context) -> Work:
    """Payload: AnalysisResult."""
    return Outcome(payload=(yield from make_report(request.filters, context)))


KIND = TaskKind(
    name="analysis",
    task="run_analysis_task",
    queue="normal",
    about="Report on contracts: trend, season, partners, dependence, concentration, flags and peers.",
    request=AnalysisRequest,
    result=AnalysisResult,
    work=run_analysis,
    time_limit_s=300,
    cached=True,
)
