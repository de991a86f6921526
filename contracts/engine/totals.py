"""Answering an aggregation: executes the statements of ``aggregates`` and puts the answer together."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from contracts.engine import aggregates
from contracts.engine.aggregates import Answer, Group, Labels
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.questions.query import Aggregation


def answer_aggregation(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> Answer:
    """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.engine.aggregates``."""
    return answer_from_totals(aggregation, find_totals(aggregation, cursor, matcher), cursor, matcher)


def find_totals(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> str:
    """The relation with the totals that answer ``aggregation``, until the next ones are found."""
    return aggregates.get_cube(aggregation.filters) or _keep_totals(aggregation, cursor, matcher)


def answer_from_totals(aggregation: Aggregation, totals: str, cursor: Cursor, matcher: Matcher) -> Answer:
    """As ``answer_aggregation``, from ``totals`` that were found for it."""
    median = matcher.median_amounts(aggregation.filters)
    bins: list[Group[int]] = cursor.fetch(aggregates.select_bins(totals), Group)
    whole = aggregates.whole_of(bins)
    labels = {of.dimension: of for of in cursor.fetch(aggregates.count_names(totals), Labels)}
    contractors, organizations = (
        labels[name].every - labels[name].missing if name in labels else 0
        for name in ("by_contractor", "by_organization")
    )
    summary = aggregates.shape_summary(
        bins, middle=median, contractors=contractors, organizations=organizations
    )
    answer: dict[str, Any] = {"summary": summary}
    # Of a few hundred months, the years and quarters are added up here.
    months: list[Group[date | None]] = cursor.fetch(aggregates.select_months(totals), Group)
    for dimension in aggregation.dimensions:
        if dimension == "value_distribution":
            answer[dimension] = aggregates.shape_bins(bins)
        elif dimension == "by_funding_year":
            years: list[Group[str | None]] = cursor.fetch(aggregates.select_funding_years(totals), Group)
            # Snapshots of older programs have no such totals: all is of no known year.
            answer[dimension] = aggregates.shape_groups(years or [whole] if whole.count else [], whole)
        elif dimension in aggregates.PERIODS:
            answer[dimension] = aggregates.shape_groups(aggregates.sum_periods(months, dimension), whole)
        else:
            top = aggregates.select_labels(totals, dimension, top_n=aggregation.top_n)
            groups: list[Group[str | None]] = cursor.fetch(top, Group)
            every = labels[dimension].every if dimension in labels else 0
            answer[dimension] = aggregates.shape_labels(groups, whole, labels=every)
    return cast(Answer, answer)


def _keep_totals(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> str:
    rows = matcher.select_matches(aggregation.filters)
    cursor.execute(aggregates.keep_totals(rows, aggregates.groupings_for(aggregation.dimensions)))
    return aggregates.TOTALS
