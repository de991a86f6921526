"""How much is found of what is planted in the dataset's own months and amounts: the error of its model.

What is found beside it cannot be called wrong, as nobody knows what is unusual in real contracts; that is
measured on made ones (``tools.bench.anomalies``).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from contracts.anomalies.amounts import GROUPS, SIZED
from contracts.anomalies.declared import AMOUNT, LEVEL, MONTH, Parameters
from contracts.anomalies.model import Trial
from contracts.anomalies.series import Floats, find_levels, find_months, take_apart
from contracts.engine.cursor import Cursor
from contracts.snapshot.expressions import Statement

SEED, TRIED = 1, 300
MONTH_TIMES, LEVEL_TIMES, AMOUNT_TIMES = (5.0, 10.0, 0.1), (3.0, 10.0), (30.0, 1000.0, 0.001)
NEAR = 2
"""Months by which the place of a step may be missed."""


def try_series(values: Floats, of: str, parameters: Parameters) -> Iterator[Trial]:
    """Trials with the judged series ``of`` organizations or categories, ``values`` by month."""
    rng = np.random.default_rng(SEED)
    # A step needs a year on either side.
    values = values[(values > 0).sum(axis=1) > 2 * parameters.level_months]
    if not len(values):
        return
    for times in MONTH_TIMES:
        chosen, months = _choose(values, rng, edge=0)
        chosen[np.arange(len(chosen)), months] *= times
        spots = find_months(take_apart(chosen, parameters), parameters)
        found = np.zeros(len(chosen), bool)
        found[spots.series[spots.month == months[spots.series]]] = True
        yield _tell(MONTH, f"{of}: a month at {times:g} times its value", len(chosen), int(found.sum()))
    for times in LEVEL_TIMES:
        chosen, months = _choose(values, rng, edge=parameters.level_months)
        chosen[np.arange(values.shape[1]) >= months[:, None]] *= times
        spots = find_levels(take_apart(chosen, parameters), parameters)
        found = np.zeros(len(chosen), bool)
        found[spots.series[np.abs(spots.month - months[spots.series]) <= NEAR]] = True
        yield _tell(LEVEL, f"{of}: all months from one on at {times:g} times", len(chosen), int(found.sum()))


def try_amounts(cursor: Cursor, parameters: Parameters) -> Iterator[Trial]:
    """Trials with amounts of contracts that are judged, by the relations of ``amounts.group_amounts``."""
    # By a hash, so that the same contracts are tried each time.
    chosen = f"""(SELECT size - middle AS off, spread FROM {SIZED} JOIN {GROUPS} USING (category, buyer, year)
        ORDER BY hash(id) LIMIT {TRIED})"""
    for times in AMOUNT_TIMES:
        far = f"abs(off + ln({times}))"
        met = f"{far} >= ln({parameters.amount_times}) AND {far} / spread >= {parameters.amount_score}"
        statement = Statement(f"SELECT count(*), count(*) FILTER ({met}) FROM {chosen}")
        [(tried, found)] = cursor.fetch(statement, lambda *row: row)
        yield _tell(AMOUNT, f"contract: an amount at {times:g} times itself", tried, found)


def _choose(values: Floats, rng: np.random.Generator, *, edge: int) -> tuple[Floats, np.ndarray]:
    """Some series, copied, and of each a month that has a value, ``edge`` months from its ends."""
    chosen = values[rng.integers(len(values), size=TRIED)]
    months = [rng.choice(np.nonzero(one > 0)[0][edge : -edge or None]) for one in chosen]
    return chosen, np.array(months)


def _tell(kind: str, planted: str, tried: int, found: int) -> Trial:
    return {"kind": kind, "planted": planted, "tried": tried, "found": found}
