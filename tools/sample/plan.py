"""Which files a sample consists of: names, generations, periods, habits and how large each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tools.sample import layouts
from tools.sample.layouts import Layout
from tools.sample.notation import DateStyle, MoneyStyle, Notation

ROWS_PER_WORKBOOK = 60_000
FLOOD_FILE = "flood-control-projects.csv"


@dataclass(frozen=True, kw_only=True)
class FilePlan:
    """One raw file to be written. ``size`` is imported awards or raw rows, as the sample is measured.

    ``preamble`` lines stand above the header. Awards of a ``reexported`` file come again in the ``reexport``.
    ``dated``: it says on which day a contract was awarded. ``restarted``: of a system that began its numbers
    anew, so that they are those of the first file.
    """

    name: str
    layout: Layout
    notation: Notation
    first: date
    last: date
    share: float
    size: int = 0
    preamble: int = 0
    bom: bool = False
    quoted: bool = False
    reexported: bool = False
    reexport: bool = False
    dated: bool = True
    restarted: bool = False

    @property
    def workbook(self) -> bool:
        return self.name.endswith(".xlsx")

    @property
    def header_row(self) -> int:
        """Number of the record that holds the header, counted from 1."""
        return self.preamble + 1


def _quarter(year: int, quarter: int) -> tuple[date, date]:
    after = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
    return date(year, quarter * 3 - 2, 1), after - timedelta(days=1)


_YEARS_2021 = {
    2021: Notation(dates=DateStyle.ISO_TIME, money=MoneyStyle.FOUR_DECIMALS, null="NULL"),
    2022: Notation(dates=DateStyle.ISO_TIME, null="NULL", utc=True),
    2023: Notation(dates=DateStyle.MONTH_FIRST, null="NULL"),
    2024: Notation(dates=DateStyle.MONTH_FIRST_TIME, null="NULL"),
}
_SHARES_2021 = {2021: 0.18, 2022: 0.195, 2023: 0.205, 2024: 0.20}


def _workbooks() -> tuple[FilePlan, ...]:
    return (
        FilePlan(
            name="2013-01 -- 2015-12.xlsx",
            layout=layouts.S1,
            notation=Notation(dates=DateStyle.MONTH_NAME, money=MoneyStyle.COMMAS),
            first=date(2013, 1, 1),
            last=date(2015, 12, 31),
            share=0.03,
            preamble=3,
        ),
        FilePlan(
            name="2016-01 -- 2020-12.xlsx",
            layout=layouts.S2,
            notation=Notation(dates=DateStyle.MONTH_FIRST, null="nan"),
            first=date(2016, 1, 1),
            last=date(2020, 12, 31),
            share=0.05,
            preamble=2,
        ),
    )


def _yearly() -> Iterator[FilePlan]:
    for year, notation in _YEARS_2021.items():
        yield FilePlan(
            name=f"{year}.csv",
            layout=layouts.S3,
            notation=notation,
            first=date(year, 1, 1),
            last=date(year, 12, 31),
            share=_SHARES_2021[year],
            bom=year == 2023,
            quoted=True,
            reexported=year == 2023,
        )


def _quarterly() -> Iterator[FilePlan]:
    habits = (
        (
            "2025-01 -- 2025-03.csv",
            layouts.S3,
            2025,
            1,
            0.04,
            Notation(dates=DateStyle.ISO, null="NULL"),
        ),
        ("2023_Jan-Mar.csv", layouts.S4, 2023, 1, 0.02, Notation(dates=DateStyle.ISO, null="None")),
        (
            "2025_Apr-Jun.csv",
            layouts.S4,
            2025,
            2,
            0.035,
            Notation(dates=DateStyle.DAY_FIRST, money=MoneyStyle.COMMAS),
        ),
        ("2025_Jul-Sep.csv", layouts.S4, 2025, 3, 0.045, Notation(dates=DateStyle.MONTH_FIRST)),
        ("2025_(JAN-MAR).csv", layouts.S6, 2025, 1, 0.02, Notation(dates=DateStyle.ISO)),
    )
    for name, layout, year, quarter, share, notation in habits:
        first, last = _quarter(year, quarter)
        yield FilePlan(
            name=name,
            layout=layout,
            notation=notation,
            first=first,
            last=last,
            share=share,
            reexport=layout is layouts.S4 and year == 2023,
            restarted=layout is layouts.S6,
        )


def plan_files(size: int, *, rows_per_unit: float) -> list[FilePlan]:
    """The main source's files in the order of import; their sizes add up to ``size``, none is empty.

    ``rows_per_unit``: raw rows for one unit of size, to keep workbooks below ``ROWS_PER_WORKBOOK``.
    """
    plans = [*_workbooks(), *_yearly(), *_quarterly()]
    edges = [0.0]
    for plan in plans:
        edges.append(edges[-1] + plan.share)
    bounds = [round(size * edge / edges[-1]) for edge in edges]
    sized = [
        replace(plan, size=high - low) for plan, low, high in zip(plans, bounds, bounds[1:], strict=False)
    ]
    return [part for plan in sized if plan.size for part in _split_workbook(plan, rows_per_unit)]


def _split_workbook(plan: FilePlan, rows_per_unit: float) -> Iterator[FilePlan]:
    """A workbook that would become too long, as several that share its period by whole months."""
    months = (plan.last.year - plan.first.year + 1) * 12
    parts = min(-int(-plan.size * rows_per_unit // ROWS_PER_WORKBOOK), months) if plan.workbook else 1
    if parts <= 1:
        yield plan
        return
    for part in range(parts):
        first = _month(plan.first.year, months * part // parts)
        after = _month(plan.first.year, months * (part + 1) // parts)
        last = after - timedelta(days=1)
        yield replace(
            plan,
            name=f"{first:%Y-%m} -- {last:%Y-%m}.xlsx",
            first=first,
            last=last,
            size=plan.size * (part + 1) // parts - plan.size * part // parts,
        )


def _month(year: int, month: int) -> date:
    """First day of the month that is ``month`` months after January of ``year``."""
    return date(year + month // 12, month % 12 + 1, 1)
