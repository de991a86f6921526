"""Holidays that move: as they were proclaimed, each year that procurement is told of in full."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from contracts.law.holidays import EID_ADHA, EID_FITR, MOVING


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2013, 3, 28), "Maundy Thursday"),
        (date(2024, 3, 29), "Good Friday"),
        # As they were proclaimed; calendars say a day later, two days earlier, and a day later.
        (date(2016, 7, 6), "Eid'l Fitr"),
        (date(2016, 9, 12), "Eid'l Adha"),
        (date(2017, 9, 1), "Eid'l Adha"),
        (date(2024, 2, 9), "Chinese New Year"),
        (date(2024, 2, 10), "Chinese New Year"),
    ],
)
def test_day_is_the_one_that_was_kept(day: date, name: str) -> None:
    assert [one.name for one in MOVING if one.day == day] == [name]


@pytest.mark.parametrize("feast", [EID_FITR, EID_ADHA], ids=["fitr", "adha"])
def test_no_year_is_left_out_and_days_go_round_the_year(feast: list[object]) -> None:
    days = [one.day for one in MOVING if one in feast]
    years = [day.year for day in days]
    assert years == list(range(years[0], 2027))
    # The year of the moon has 354 or 355 days; sightings differ by a day or two.
    steps = [(later - day).days for day, later in pairwise(days)]
    assert all(352 <= step <= 357 for step in steps)
