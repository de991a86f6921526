"""Monthly values taken apart by medians: trend, season and what is left, of many series at once.

On natural logarithms, so that a season is a factor: ``value = trend * season * rest``. The trend is a running
median (J. Tukey, Exploratory Data Analysis, 1977), which a spike does not move and a step does not blur; the
season is the median of each calendar month, as STL (R. Cleveland et al., Journal of Official Statistics 6,
1990) does it by local regressions, which need an iteration with weights to be robust. What is left is judged
by the modified z of B. Iglewicz and D. Hoaglin (How to Detect and Handle Outliers, 1993).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from contracts.anomalies.declared import MAD_TO_SIGMA, PARAMETERS, Parameters

Floats = NDArray[np.float64]
BLOCK = 128
"""Series at a time: of 25 years they take 8 MB with their windows."""
YEAR = 12
# Of the difference of two medians of twelve normal values each: sqrt(pi / 2) * sqrt(2 / 12).
STEP_SIGMA = float(np.sqrt(np.pi / 2) * np.sqrt(2 / YEAR))
MOST_STEPS = 3
"""Steps of one series that are told."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Series, taken apart: arrays of series by months, ``spread`` of series. NaN where a month has no value.
    ``level`` is the logarithm without its season."""

    expected: Floats
    level: Floats
    rest: Floats
    spread: Floats


@dataclass(frozen=True, kw_only=True)
class Spots:
    """Places in the series that were found: number of series, number of month, score, and as logarithms what
    was expected there, what there was, and how far from ``expected`` the band reaches."""

    series: NDArray[np.int64]
    month: NDArray[np.int64]
    score: Floats
    expected: Floats
    actual: Floats
    margin: Floats


def choose_judged(values: Floats, parameters: Parameters = PARAMETERS) -> NDArray[np.bool_]:
    """Which series (rows of ``values``, 0 where nothing was bought) are long and full enough to be judged."""
    there = values > 0
    first = there.argmax(axis=1)
    last = values.shape[1] - there[:, ::-1].argmax(axis=1)
    span = np.where(there.any(axis=1), last - first, 0)
    full = there.sum(axis=1) >= parameters.least_share * span
    judged: NDArray[np.bool_] = (span >= parameters.least_months) & full
    return judged


def take_apart(values: Floats, parameters: Parameters = PARAMETERS) -> Parts:
    """The parts of each series of ``values``, pesos by month, whose first column is a January."""
    blocks = [_take_apart(block, parameters) for block in _cut(values)]
    names = [one.name for one in fields(Parts)]
    return Parts(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in names})


def find_months(parts: Parts, parameters: Parameters = PARAMETERS) -> Spots:
    """The months whose rest is far from its median, and large."""
    score = parts.rest / parts.spread[:, None]
    far = (np.abs(score) >= parameters.month_score) & (np.abs(parts.rest) >= np.log(parameters.month_times))
    series, month = np.nonzero(far)
    return Spots(
        series=series,
        month=month,
        score=score[far],
        expected=parts.expected[far],
        actual=parts.expected[far] + parts.rest[far],
        margin=parameters.month_score * parts.spread[series],
    )


def find_levels(parts: Parts, parameters: Parameters = PARAMETERS) -> Spots:
    """The months with which a lasting step begins: the medians of the years before and after differ."""
    blocks = [
        _find_levels(parts, slice(start, start + BLOCK), parameters)
        for start in range(0, max(1, len(parts.level)), BLOCK)
    ]
    names = [one.name for one in fields(Spots)]
    return Spots(**{name: np.concatenate([getattr(block, name) for block in blocks]) for name in names})


def _cut(values: Floats) -> Iterator[Floats]:
    # At least one block, so that no series have parts as well.
    for start in range(0, max(1, len(values)), BLOCK):
        yield values[start : start + BLOCK]


def _take_apart(values: Floats, parameters: Parameters) -> Parts:
    logs = np.log(np.where(values > 0, values, np.nan))
    season = np.zeros_like(logs)
    # Twice, because the first trend still holds what of the season a window cut at an end lets through.
    for _ in range(2):
        trend = _smooth(logs - season, parameters.window)
        season = _find_season(logs - trend)
    trend = _smooth(logs - season, parameters.window)
    rest = logs - trend - season
    return Parts(
        expected=trend + season,
        level=logs - season,
        rest=rest,
        spread=_measure_spread(rest, parameters),
    )


def _smooth(logs: Floats, window: int) -> Floats:
    """The running median; at the ends of what there is."""
    half = window // 2
    padded = np.pad(logs, ((0, 0), (half, half)), constant_values=np.nan)
    return find_median(sliding_window_view(padded, window, axis=1))


def _find_season(rest: Floats) -> Floats:
    """The median of each calendar month, less that of all twelve."""
    months = rest.shape[1]
    by_month = np.stack([find_median(rest[:, month::YEAR]) for month in range(min(YEAR, months))], axis=1)
    by_month = np.nan_to_num(by_month - find_median(by_month)[:, None])
    season: Floats = np.tile(by_month, -(-months // YEAR))[:, :months]
    return season


def _measure_spread(rest: Floats, parameters: Parameters) -> Floats:
    spread = MAD_TO_SIGMA * find_median(np.abs(rest - find_median(rest)[:, None]))
    # Twelve medians were fitted to few values, so that what is left is smaller than it was.
    known = (~np.isnan(rest)).sum(axis=1)
    freed = np.sqrt(known / np.maximum(known - YEAR, YEAR))
    wide: Floats = np.maximum(np.nan_to_num(spread * freed), parameters.least_spread)
    return wide


def _find_levels(parts: Parts, block: slice, parameters: Parameters) -> Spots:
    width = parameters.level_months
    level, spread = parts.level[block], parts.spread[block]
    windows = sliding_window_view(level, width, axis=1)
    medians = find_median(windows)
    medians[(~np.isnan(windows)).sum(axis=2) < parameters.least_share * width] = np.nan
    before, after = medians[:, :-width], medians[:, width:]
    sigma = STEP_SIGMA * spread[:, None]
    score = np.nan_to_num((after - before) / sigma)
    score[np.abs(np.nan_to_num(after - before)) < np.log(parameters.level_times)] = 0
    places = list(_pick_steps(score, _measure_sharpness(windows, width), parameters))
    series = np.array([one for one, _ in places], np.int64)
    found = np.array([month for _, month in places], np.int64)
    return Spots(
        series=series + block.start,
        month=found + width,
        score=score[series, found],
        expected=before[series, found],
        actual=after[series, found],
        margin=parameters.level_score * STEP_SIGMA * spread[series],
    )


def _measure_sharpness(windows: Floats, width: int) -> Floats:
    """The step between the means of both sides: medians are alike for months around a step, means only at
    it."""
    filled = np.nan_to_num(windows)
    means = filled.sum(axis=2) / np.maximum(1, (~np.isnan(windows)).sum(axis=2))
    step: Floats = np.abs(means[:, width:] - means[:, :-width])
    return step


def _pick_steps(score: Floats, sharpness: Floats, parameters: Parameters) -> Iterator[tuple[int, int]]:
    """Of each series, the sharpest month among those around its strongest one, then of the others."""
    width, left = parameters.level_months, np.abs(score)
    for _ in range(MOST_STEPS):
        for one in np.nonzero((left >= parameters.level_score).any(axis=1))[0]:
            strongest = int(left[one].argmax())
            around = slice(max(0, strongest - width), strongest + width + 1)
            near = np.where(left[one, around] >= parameters.level_score, sharpness[one, around], -1)
            yield int(one), around.start + int(near.argmax())
            left[one, around] = 0


def find_median(values: Floats) -> Floats:
    """The median along the last axis, of what is there; NaN where nothing is."""
    # Not np.nanmedian, which takes ten times as long for many short rows. NaN is sorted to the end.
    ordered = np.sort(values, axis=-1)
    known = (~np.isnan(ordered)).sum(axis=-1, keepdims=True)
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[-1] - 1)
    ends = np.take_along_axis(ordered, np.concatenate([low, high], axis=-1), axis=-1)
    median: Floats = ends.mean(axis=-1)
    return median
