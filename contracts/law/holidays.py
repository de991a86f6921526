"""Holidays whose day moves: those that Easter decides, and those that a proclamation names each year.

The days are as they were proclaimed, which is not always as calendars reckon them: they follow the moon as it
is seen. Proclamations are numbered anew with each President, so that a number may stand here twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.easter import easter

FIRST_YEAR, LAST_YEAR = 2000, 2027
"""For which Holy Week is listed."""


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A day on which offices are closed throughout the country, and the text that says so."""

    day: date
    name: str
    source: str


def _list_holy_week() -> Sequence[Holiday]:
    return [
        Holiday(day=easter(year) - timedelta(days=before), name=name, source="RA 9492, Section 1")
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
        for before, name in ((3, "Maundy Thursday"), (2, "Good Friday"))
    ]


def _list_proclaimed(name: str, *proclaimed: tuple[str, int]) -> Sequence[Holiday]:
    return [
        Holiday(day=date.fromisoformat(day), name=name, source=f"Proclamation No. {number}")
        for day, number in proclaimed
    ]


# A holiday since RA 9177 of 2002 and RA 9849 of 2009; earlier days than these were not looked up.
EID_FITR = _list_proclaimed(
    "Eid'l Fitr",
    *(("2013-08-09", 629), ("2014-07-29", 826), ("2015-07-17", 1070), ("2016-07-06", 6)),
    *(("2017-06-26", 235), ("2018-06-15", 514), ("2019-06-05", 729), ("2020-05-25", 944)),
    *(("2021-05-13", 1142), ("2022-05-03", 1356), ("2023-04-21", 201), ("2024-04-10", 514)),
    *(("2025-04-01", 839), ("2026-03-20", 1189)),
)
EID_ADHA = _list_proclaimed(
    "Eid'l Adha",
    *(("2012-10-26", 448), ("2013-10-15", 658), ("2014-10-06", 875), ("2015-09-25", 1128)),
    *(("2016-09-12", 56), ("2017-09-01", 297), ("2018-08-21", 556), ("2019-08-12", 789)),
    *(("2020-07-31", 985), ("2021-07-20", 1189), ("2022-07-09", 2), ("2023-06-28", 258)),
    *(("2024-06-17", 579), ("2025-06-06", 911), ("2026-05-27", 1264)),
)
# Special days, by the proclamation that lists those of the year; none in 2013 and 2023, when it was a Sunday.
CHINESE_NEW_YEAR = _list_proclaimed(
    "Chinese New Year",
    *(("2012-01-23", 295), ("2014-01-31", 655), ("2015-02-19", 831), ("2016-02-08", 1105)),
    *(("2017-01-28", 50), ("2018-02-16", 269), ("2019-02-05", 555), ("2020-01-25", 845)),
    *(("2021-02-12", 986), ("2022-02-01", 1236), ("2024-02-09", 453), ("2024-02-10", 368)),
    *(("2025-01-29", 727), ("2026-02-17", 1006)),
)
MOVING: Sequence[Holiday] = (*_list_holy_week(), *EID_FITR, *EID_ADHA, *CHINESE_NEW_YEAR)
