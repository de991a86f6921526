"""The whole report. What is asked of the contracts themselves comes from one pass over them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

from contracts.engine.aggregates import Answer, Part
from contracts.engine.analysis.answers import AnalysedName, Analysis
from contracts.engine.analysis.concentration import measure_concentration
from contracts.engine.analysis.narrowing import CONTRACTORS, ORGANIZATIONS, Subject, find_subject, say
from contracts.engine.analysis.partners import share_out
from contracts.engine.analysis.peers import list_peers
from contracts.engine.analysis.trend import describe_trend
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.totals import answer_from_totals, find_totals
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import EntityKind
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation

SHOWN = 10
"""Names of each kind that are told."""
ENDS = (CONTRACTORS, ORGANIZATIONS)
DIMENSIONS = ("by_year", "by_month", *(f"by_{kind.exact.word}" for kind in ENDS))


def analyze(filters: Filters, cursor: Cursor, matcher: Matcher) -> Analysis:
    """The report on the contracts that ``filters`` means."""
    asked = Aggregation(filters=filters, dimensions=DIMENSIONS, top_n=SHOWN)
    totals = find_totals(asked, cursor, matcher)
    answer = answer_from_totals(asked, totals, cursor, matcher)
    subject = find_subject(filters)
    # Before the next totals take the place of these.
    concentration = measure_concentration(
        totals, Decimal(answer["summary"]["total_value"]), filters, cursor, subject=subject
    )
    return {
        "filters": say(filters),
        "subject": None if subject is None else _name(subject),
        "summary": answer["summary"],
        "trend": describe_trend(filters, answer["by_year"], answer["by_month"]),
        "partners": [share_out(kind, _list_parts(answer, kind), filters, cursor, matcher) for kind in ENDS],
        "concentration": concentration,
        "peers": None if subject is None else list_peers(subject, filters, cursor, matcher),
    }


def _name(subject: Subject) -> AnalysedName:
    return {"kind": subject.kind.name, "name": subject.name, "slug": make_slug(subject.name)}


def _list_parts(answer: Answer, kind: EntityKind) -> Sequence[Part]:
    # Dimensions of names are members that mypy does not see (contracts.engine.aggregates).
    return cast(dict[str, list[Part]], answer)[f"by_{kind.exact.word}"]
