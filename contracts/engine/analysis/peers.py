"""Who is of like size, and what is usual at that size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from contracts.engine.aggregates import divide_pesos
from contracts.engine.analysis.answers import Peer, Peers
from contracts.engine.analysis.narrowing import (
    CONTRACTORS,
    ORGANIZATIONS,
    Subject,
    leave_out,
    narrow_to_named,
    narrow_to_names,
    say,
)
from contracts.engine.analysis.partners import Dependence, find_dependences, make_figure, say_largest
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.engine.totals import find_totals
from contracts.questions.entities.addresses import make_slug
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation
from contracts.snapshot.expressions import Statement

AROUND = 5
"""Peers that have more, and that have less."""


@dataclass(frozen=True)
class Ranked:
    """A name with its place among ``names``, by pesos."""

    name: str
    rank: int
    names: int


def list_peers(subject: Subject, filters: Filters, cursor: Cursor, matcher: Matcher) -> Peers | None:
    """The names around ``subject``; None where it has no contract."""
    others = leave_out(leave_out(filters, CONTRACTORS), ORGANIZATIONS)
    asked = Aggregation(filters=others, dimensions=(f"by_{subject.kind.exact.word}",))
    ranked = cursor.fetch(_select_around(subject, find_totals(asked, cursor, matcher)), Ranked)
    own = next((one for one in ranked if one.name == subject.name), None)
    if own is None:
        return None
    names = [one.name for one in ranked]
    found = find_dependences(subject.kind, names, others, cursor, matcher)
    peers = [_shape(subject, one, found, others) for one in ranked]
    rest = [peer for peer in peers if not peer["subject"]]
    return {
        "kind": subject.kind.name,
        "names": own.names,
        "rank": own.rank,
        "filters": say(narrow_to_named(others, subject.kind)),
        "peers": peers,
        "median_avg_value": _find_median_pesos([Decimal(peer["avg_value"]) for peer in rest]),
        "median_partners": float(median([peer["partners"] for peer in rest])) if rest else None,
        "median_largest_share": _find_median_share(rest),
        "median_filters": say(narrow_to_names(others, subject.kind, [peer["name"] for peer in rest]))
        if rest
        else None,
    }


def _shape(subject: Subject, one: Ranked, found: Mapping[str, Dependence], others: Filters) -> Peer:
    of_name = found[one.name]
    return {
        "name": one.name,
        "slug": make_slug(one.name),
        "rank": one.rank,
        "subject": one.name == subject.name,
        "avg_value": str(divide_pesos(of_name.pesos, of_name.count)),
        "partners": of_name.partners,
        "largest": say_largest(subject.kind, of_name, others),
        "figure": make_figure(
            of_name.count, of_name.pesos, narrow_to_names(others, subject.kind, [one.name])
        ),
    }


def _find_median_pesos(amounts: Sequence[Decimal]) -> str | None:
    return f"{median(amounts):.2f}" if amounts else None


def _find_median_share(peers: Sequence[Peer]) -> float | None:
    shares = [peer["largest"]["share"] for peer in peers if peer["largest"]]
    return round(median(shares), 6) if shares else None


def _select_around(subject: Subject, totals: str) -> Statement:
    """Rows of Ranked: the subject, and those next to it on both sides."""
    labels = "SELECT label, code FROM labels WHERE field = $2 AND label IS NOT NULL"
    return Statement(
        f"""WITH ranked AS (
            SELECT label, row_number() OVER (ORDER BY total_value DESC, label) AS rank,
                count(*) OVER () AS names
            FROM {totals} JOIN ({labels}) ON code = key WHERE name = $1
        ), own AS (SELECT rank FROM ranked WHERE label = $3)
        SELECT label, ranked.rank, names FROM ranked JOIN own ON abs(ranked.rank - own.rank) <= {AROUND}
        ORDER BY ranked.rank""",
        (f"by_{subject.kind.exact.word}", subject.kind.column, subject.name),
    )
