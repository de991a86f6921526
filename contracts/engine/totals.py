"""Answering an aggregation: executes the statements of ``aggregates`` and puts the answer together."""

from __future__ import annotations

from typing import Any, cast

from contracts.engine import aggregates
from contracts.engine.aggregates import Answer
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.questions.query import Aggregation


def answer_aggregation(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> Answer:
    """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.engine.aggregates``."""
    median = matcher.median_amounts(aggregation.filters)
    totals = aggregates.get_cube(aggregation.filters) or _keep_totals(aggregation, cursor, matcher)
    bins = aggregates.read_groups(cursor.fetch(aggregates.select_bins(totals)))
    whole = aggregates.whole_of(bins)
    labels = {name: (every, missing) for name, every, missing in cursor.fetch(aggregates.count_names(totals))}
    contractors, organizations = (
        every - missing
        for every, missing in (labels.get(d, (0, 0)) for d in ("by_contractor", "by_organization"))
    )
    summary = aggregates.shape_summary(
        bins, middle=median, contractors=contractors, organizations=organizations
    )
    answer: dict[str, Any] = {"summary": summary}
    # Of a few hundred months, the years and quarters are added up here.
    months = aggregates.read_groups(cursor.fetch(aggregates.select_months(totals)))
    for dimension in aggregation.dimensions:
        if dimension == "value_distribution":
            answer[dimension] = aggregates.shape_bins(bins)
        elif dimension == "by_funding_year":
            years = aggregates.read_groups(cursor.fetch(aggregates.select_funding_years(totals)))
            # Snapshots of older programs have no such totals: all is of no known year.
            answer[dimension] = aggregates.shape_groups(years or [whole] if whole.count else [], whole)
        elif dimension in aggregates.PERIODS:
            answer[dimension] = aggregates.shape_groups(aggregates.sum_periods(months, dimension), whole)
        else:
            top = aggregates.select_labels(totals, dimension, top_n=aggregation.top_n)
            every, _ = labels.get(dimension, (0, 0))
            groups = aggregates.read_groups(cursor.fetch(top))
            answer[dimension] = aggregates.shape_labels(groups, whole, labels=every)
    return cast(Answer, answer)


def _keep_totals(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> str:
    rows = matcher.select_matches(aggregation.filters)
    cursor.fetch(aggregates.keep_totals(rows, aggregates.groupings_for(aggregation.dimensions)))
    return aggregates.TOTALS
