"""Answering an aggregation: executes the statements of ``aggregates`` and puts the answer together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from contracts.engine import aggregates
from contracts.engine.aggregates import MARKED, Answer, Group, Labels, Marked
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.questions.query import LABEL_DIMENSIONS, Aggregation


def answer_aggregation(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> Answer:
    """``summary`` and the dimensions asked for, JSON-ready. Shapes: ``contracts.engine.aggregates``."""
    return answer_from_totals(aggregation, find_totals(aggregation, cursor, matcher), cursor, matcher)


def find_totals(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> str:
    """The relation with the totals that answer ``aggregation``, until the next ones are found."""
    cube = aggregates.get_cube(aggregation.filters)
    if cube is not None:
        return cube
    whole = aggregates.get_cube(aggregation.filters.model_copy(update={"implausible": "include"}))
    if whole is not None and aggregation.filters.implausible == "exclude":
        # Few are left out: to take them from the whole costs a fraction of adding up all others.
        _keep_marked(aggregation, cursor, matcher)
        cursor.execute(aggregates.keep_rest(whole))
    else:
        rows = matcher.select_matches(aggregation.filters)
        cursor.execute(aggregates.keep_totals(rows, aggregates.groupings_for(aggregation.dimensions)))
    return aggregates.TOTALS


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
    for dimension in aggregation.dimensions:
        if dimension == "value_distribution":
            answer[dimension] = aggregates.shape_bins(bins)
        elif dimension in LABEL_DIMENSIONS:
            top = aggregates.select_labels(totals, dimension, top_n=aggregation.top_n)
            groups: list[Group[str | None]] = cursor.fetch(top, Group)
            every = labels[dimension].every if dimension in labels else 0
            answer[dimension] = aggregates.shape_labels(groups, whole, labels=every)
        else:
            answer[dimension] = aggregates.shape_groups(_list_years(dimension, totals, cursor, whole), whole)
    _mark(answer, aggregation, cursor, matcher)
    return cast(Answer, answer)


def _list_years(
    dimension: str, totals: str, cursor: Cursor, whole: Group[None]
) -> Sequence[Group[str | None]]:
    """The groups of a dimension of time."""
    if dimension == "by_funding_year":
        years: list[Group[str | None]] = cursor.fetch(aggregates.select_funding_years(totals), Group)
        # Snapshots of older programs have no such totals: all is of no known year.
        return years or [whole] if whole.count else []
    # Of a few hundred months, the years and quarters are added up here.
    months: list[Group[date | None]] = cursor.fetch(aggregates.select_months(totals), Group)
    return aggregates.sum_periods(months, dimension)


def _mark(answer: dict[str, Any], aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> None:
    """Say in each part what its amounts that are hardly right make."""
    if not len(matcher.list_implausible(aggregation.filters)):
        return
    _keep_marked(aggregation, cursor, matcher)
    marked = cursor.fetch(aggregates.select_marked(), Marked)
    for dimension in aggregation.dimensions:
        if dimension == "value_distribution":
            aggregates.mark_bins(answer[dimension], marked)
        else:
            aggregates.mark_parts(answer[dimension], aggregates.sum_marked(marked, dimension))


def _keep_marked(aggregation: Aggregation, cursor: Cursor, matcher: Matcher) -> None:
    """Keep the totals of what is hardly right among the contracts as MARKED."""
    only = matcher.select_matches(aggregation.filters.model_copy(update={"implausible": "only"}))
    groupings = aggregates.groupings_for(aggregation.dimensions)
    cursor.execute(aggregates.keep_totals(only, groupings, name=MARKED))
