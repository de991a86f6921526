"""How few names the pesos are in the hands of: the Herfindahl-Hirschman index."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from contracts.engine.analysis.answers import Concentration, Concentrations, Scale
from contracts.engine.analysis.narrowing import (
    CONTRACTORS,
    ORGANIZATIONS,
    Subject,
    narrow_to_named,
    narrow_to_names,
    say,
)
from contracts.engine.cursor import Cursor
from contracts.questions.entities.kinds import EntityKind
from contracts.questions.filters import Filters
from contracts.snapshot.expressions import Statement

SCALES: tuple[Scale, ...] = (
    {
        "source": "U.S. Department of Justice and Federal Trade Commission, Merger Guidelines (2023), 2.1",
        "levels": [
            {"name": "low", "least": 0},
            {"name": "moderate", "least": 1_000},
            {"name": "high", "least": 1_800},
        ],
    },
    {
        "source": "U.S. Department of Justice and Federal Trade Commission, Horizontal Merger Guidelines "
        "(2010), 5.3",
        "levels": [
            {"name": "low", "least": 0},
            {"name": "moderate", "least": 1_500},
            {"name": "high", "least": 2_500},
        ],
    },
)
"""The first one decides; the second is what many older studies and the flag ``concentration`` go by."""
LARGEST = 4
"""Names whose share of all is told together, as in the ratio CR4 of older studies."""
FORMULA = (
    "The Herfindahl-Hirschman index (HHI): the sum of the squares of all names' shares of the pesos in per "
    "cent. 10,000 is one name alone; ten names of equal shares make 1,000."
)
CAUTION = (
    "A high index says that few names have most of the pesos of these contracts, and not that they did "
    "anything wrong or that nobody else may bid: a filter is no market, one large work outweighs a hundred "
    "small purchases, and a firm under several names counts as several."
)


def measure_concentration(
    totals: str, whole: Decimal, filters: Filters, cursor: Cursor, *, subject: Subject | None
) -> Concentrations:
    """Of contractors and of organizations; ``totals`` is a relation (``contracts.engine.aggregates``) of the
    contracts that ``filters`` means, worth ``whole`` pesos. A ``subject`` has all of them: of its own kind
    nothing is to be told."""
    kinds = [kind for kind in (CONTRACTORS, ORGANIZATIONS) if subject is None or kind != subject.kind]
    return {
        "by_kind": [_measure(kind, totals, float(whole), filters, cursor) for kind in kinds],
        "scales": list(SCALES),
        "formula": FORMULA,
        "caution": CAUTION,
    }


def list_values(totals: str, kind: EntityKind, cursor: Cursor) -> NDArray[np.float64]:
    """The pesos of each name of a kind, the missing one left out, most first."""
    statement = Statement(
        f"""SELECT total_value::DOUBLE AS pesos FROM {totals} WHERE name = $1
        AND key NOT IN (SELECT code FROM labels WHERE field = $2 AND label IS NULL)
        ORDER BY pesos DESC""",
        (f"by_{kind.exact.word}", kind.column),
    )
    return np.asarray(cursor.fetch_numbers(statement)["pesos"], np.float64)


def _list_largest(totals: str, kind: EntityKind, cursor: Cursor) -> Sequence[str]:
    """The names with most of the pesos, as many as are told together."""
    statement = Statement(
        f"""SELECT label FROM {totals} JOIN labels ON field = $2 AND code = key AND label IS NOT NULL
        WHERE name = $1 ORDER BY total_value DESC, label LIMIT {LARGEST}""",
        (f"by_{kind.exact.word}", kind.column),
    )
    return cursor.fetch(statement, str)


def _measure(kind: EntityKind, totals: str, whole: float, filters: Filters, cursor: Cursor) -> Concentration:
    pesos = list_values(totals, kind, cursor)
    named = float(pesos.sum())
    if not named:
        return _say_nothing(kind, filters)
    largest = _list_largest(totals, kind, cursor)
    shares = pesos / named
    squares = float((shares**2).sum())
    hhi = round(10_000 * squares)
    return {
        "kind": kind.name,
        "names": len(pesos),
        "named": min(1.0, round(named / whole, 6)),
        "hhi": hhi,
        "equal_names": max(1.0, round(1 / squares, 2)),
        "largest": min(1.0, round(float(shares[0]), 6)),
        "four_largest": min(1.0, round(float(shares[:LARGEST].sum()), 6)),
        "level": name_level(hhi),
        "filters": say(narrow_to_named(filters, kind)),
        "largest_filters": say(narrow_to_names(filters, kind, largest[:1])),
        "four_largest_filters": say(narrow_to_names(filters, kind, largest)),
    }


def _say_nothing(kind: EntityKind, filters: Filters) -> Concentration:
    return {
        "kind": kind.name,
        "names": 0,
        "named": 0.0,
        "hhi": None,
        "equal_names": None,
        "largest": None,
        "four_largest": None,
        "level": None,
        "filters": say(narrow_to_named(filters, kind)),
        "largest_filters": None,
        "four_largest_filters": None,
    }


def name_level(hhi: int) -> str:
    """What the first of the scales calls an index."""
    return [level["name"] for level in SCALES[0]["levels"] if level["least"] <= hhi][-1]
