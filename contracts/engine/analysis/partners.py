"""Who has most of the pesos, and how much of all that each of them gets or spends that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.engine.aggregates import Part
from contracts.engine.analysis.answers import Figure, Largest, NameShare, NameShares
from contracts.engine.analysis.narrowing import OTHER, leave_out, narrow_to_names, narrow_to_part, say
from contracts.engine.cursor import Cursor
from contracts.engine.matching import Matcher
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import EntityKind
from contracts.questions.filters import Filters
from contracts.snapshot.expressions import Statement


@dataclass(frozen=True)
class Dependence:
    """All contracts of a name, and those that it has with the name at their other end that has most of its
    pesos; ``partners`` are all names there, a missing one is none."""

    name: str
    count: int
    pesos: Decimal
    partners: int
    largest: str | None
    largest_count: int | None
    largest_pesos: Decimal | None


def share_out(
    kind: EntityKind, parts: Sequence[Part], filters: Filters, cursor: Cursor, matcher: Matcher
) -> NameShares:
    """The rows of totals by the names of ``kind``, with what each depends on."""
    others = leave_out(filters, OTHER[kind.name])
    labels = [part["label"] for part in parts if part["label"] is not None]
    found = find_dependences(kind, labels, others, cursor, matcher)
    return {"kind": kind.name, "names": [_shape(kind, part, parts, filters, others, found) for part in parts]}


def _shape(
    kind: EntityKind,
    part: Part,
    parts: Sequence[Part],
    filters: Filters,
    others: Filters,
    found: Mapping[str, Dependence],
) -> NameShare:
    label = part["label"]
    of_name = None if label is None else found[label]
    shaped: NameShare = {
        **part,
        "filters": say(narrow_to_part(filters, kind, part, parts)),
        "slug": None if label is None else make_slug(label),
        "whole": None,
        "share_of_whole": None,
        "largest": None,
    }
    if of_name:
        shaped["whole"] = make_figure(
            of_name.count, of_name.pesos, narrow_to_names(others, kind, [of_name.name])
        )
        shaped["share_of_whole"] = divide(Decimal(part["total_value"]), of_name.pesos)
        shaped["largest"] = say_largest(kind, of_name, others)
    return shaped


def say_largest(kind: EntityKind, of_name: Dependence, filters: Filters) -> Largest | None:
    """On whom a name of ``kind`` depends most; ``filters`` say nothing of the names at the other end."""
    if of_name.largest is None or of_name.largest_pesos is None or of_name.largest_count is None:
        return None
    meant = narrow_to_names(filters, kind, [of_name.name])
    meant = narrow_to_names(meant, OTHER[kind.name], [of_name.largest])
    return {
        "name": of_name.largest,
        "slug": make_slug(of_name.largest),
        "share": divide(of_name.largest_pesos, of_name.pesos),
        "figure": make_figure(of_name.largest_count, of_name.largest_pesos, meant),
    }


def make_figure(count: int, pesos: Decimal, filters: Filters) -> Figure:
    return {"count": count, "total_value": f"{pesos:.2f}", "filters": say(filters)}


def divide(part: Decimal, whole: Decimal) -> float:
    """A share of a whole that is more than nothing, to six places."""
    return min(1.0, round(float(part / whole), 6))


def find_dependences(
    kind: EntityKind, names: Sequence[str], filters: Filters, cursor: Cursor, matcher: Matcher
) -> Mapping[str, Dependence]:
    """On whom each of ``names`` of a kind depends, among the contracts that ``filters`` means."""
    if not names:
        return {}
    rows = matcher.select_matches(narrow_to_names(filters, kind, names))
    found = cursor.fetch(_select(kind, rows), Dependence)
    return {one.name: one for one in found}


def _select(kind: EntityKind, rows: Statement) -> Statement:
    """Rows of Dependence."""
    own, other = f"{kind.column}_code", f"{OTHER[kind.name].column}_code"
    missing = f"(SELECT code FROM labels WHERE field = '{OTHER[kind.name].column}' AND label IS NULL)"
    # Names in the order of their codes where two have equal pesos, so that an answer is always the same.
    return Statement(
        f"""WITH pairs AS (
            SELECT {own} AS own, {other} AS other, count(*) AS times, sum(contract_amount) AS pesos
            {rows.sql} GROUP BY 1, 2
        ), found AS (
            SELECT own, sum(times)::BIGINT AS times, sum(pesos) AS pesos FROM pairs GROUP BY own
        ), largest AS (
            SELECT *, count(*) OVER (PARTITION BY own) AS partners FROM pairs
            WHERE other IS DISTINCT FROM {missing}
            QUALIFY row_number() OVER (PARTITION BY own ORDER BY pesos DESC, other) = 1
        )
        SELECT name.label, found.times, found.pesos, coalesce(largest.partners, 0), partner.label,
            largest.times, largest.pesos
        FROM found
        JOIN labels name ON name.field = '{kind.column}' AND name.code = found.own
        LEFT JOIN largest USING (own)
        LEFT JOIN labels partner
            ON partner.field = '{OTHER[kind.name].column}' AND partner.code = largest.other""",
        rows.parameters,
    )
