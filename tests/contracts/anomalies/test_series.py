"""Series taken apart: what is planted in made ones is found, and what has a season or a trend is none."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contracts.anomalies.declared import PARAMETERS
from contracts.anomalies.series import (
    Floats,
    choose_judged,
    find_levels,
    find_median,
    find_months,
    take_apart,
)

SEED = random.SystemRandom().randrange(1_000_000)
MONTHS = 72


def make_series(count: int = 40) -> Floats:
    """Even series with a season, a trend and some noise."""
    rng = np.random.default_rng(SEED)
    months = np.arange(MONTHS)
    season = 1 + 0.5 * np.sin(2 * np.pi * months / 12)
    values: Floats = 1e6 * season * 1.01**months * np.exp(rng.normal(0, 0.15, (count, MONTHS)))
    return values


def test_season_and_trend_are_no_anomaly() -> None:
    parts = take_apart(make_series())
    assert len(find_months(parts).month) <= 0.002 * parts.rest.size, f"seed {SEED}"
    assert len(find_levels(parts).month) == 0, f"seed {SEED}"


@pytest.mark.parametrize("month", [0, 35, MONTHS - 1])
@pytest.mark.parametrize("times", [8.0, 0.1])
def test_month_is_found_wherever_it_stands(month: int, times: float) -> None:
    values = make_series()
    values[3, month] *= times
    spots = find_months(take_apart(values))
    at = (spots.series == 3) & (spots.month == month)
    assert at.sum() == 1, f"seed {SEED}"
    assert np.sign(spots.score[at][0]) == np.sign(np.log(times))
    assert abs(spots.expected[at][0] - np.log(values[3, month] / times)) < 1


@pytest.mark.parametrize("times", [5.0, 0.2])
def test_step_is_found_where_it_is_and_is_no_month(times: float) -> None:
    values = make_series()
    values[5, 30:] *= times
    parts = take_apart(values)
    spots = find_levels(parts)
    assert spots.series.tolist() == [5], f"seed {SEED}"
    assert abs(int(spots.month[0]) - 30) <= 2, f"seed {SEED}"
    assert np.sum(find_months(parts).series == 5) <= 2, f"seed {SEED}"


def test_months_without_contracts_are_not_judged() -> None:
    values = make_series()
    values[:, 40:44] = 0
    parts = take_apart(values)
    assert np.isnan(parts.rest[:, 40:44]).all()
    assert not np.isin(find_months(parts).month, range(40, 44)).any()
    assert choose_judged(values).all()


def test_short_and_scattered_series_are_not_judged() -> None:
    values = np.zeros((4, MONTHS))
    values[0, : PARAMETERS.least_months] = 1
    values[1, 1 : PARAMETERS.least_months] = 1
    values[2, ::2] = 1
    assert choose_judged(values).tolist() == [True, False, False, False]


def test_no_series_have_no_anomaly() -> None:
    parts = take_apart(np.zeros((0, MONTHS)))
    assert len(find_months(parts).month) == len(find_levels(parts).month) == 0


@given(arrays.arrays(np.float64, (3, 7), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))))
def test_median_is_that_of_what_is_there(values: Floats) -> None:
    for row, median in zip(values, find_median(values), strict=True):
        known = row[~np.isnan(row)]
        assert np.isnan(median) if not len(known) else median == np.median(known)
