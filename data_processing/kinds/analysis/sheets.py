"""The report as sheets of a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from contracts.engine.analysis.answers import Concentration, NameShares, Peers
from contracts.fields import FieldType
from contracts.questions.entities.kinds import KINDS
from contracts.writers.workbook import ReportChart, ReportColumn, ReportSheet
from data_processing.kinds.analysis.reporting import AnalysisResult

_TEXT, _INTEGER, _MONEY, _SHARE = FieldType.TEXT, FieldType.INTEGER, FieldType.MONEY, FieldType.SHARE
MISSING = "(none given)"
_COUNTED = (ReportColumn("Contracts", _INTEGER), ReportColumn("Value (PHP)", _MONEY, width=22))
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def list_sheets(report: AnalysisResult) -> list[ReportSheet]:
    """The sheets in the order in which they are read."""
    return list(_list_sheets(report))


def _list_sheets(report: AnalysisResult) -> Iterator[ReportSheet]:
    yield _make_summary(report)
    yield _make_years(report)
    yield _make_months(report)
    if report["trend"]["seasonality"]["months"]:
        yield _make_season(report)
    for shares in report["partners"]:
        yield _make_partners(shares)
    yield _make_concentration(report)
    if report["flags"]["counts"]:
        yield _make_flags(report)
    if report["peers"]:
        yield _make_peers(report["peers"])


def _make_summary(report: AnalysisResult) -> ReportSheet:
    summary = report["summary"]
    # As a row, so that each figure has a column of its kind.
    columns = (
        *_COUNTED,
        ReportColumn("Average (PHP)", _MONEY),
        ReportColumn("Median (PHP)", _MONEY),
        ReportColumn("Contractors", _INTEGER),
        ReportColumn("Organizations", _INTEGER),
    )
    row = (
        summary["count"],
        _pesos(summary["total_value"]),
        _pesos(summary["avg_value"]),
        _pesos(summary["median_value"]),
        summary["contractors"],
        summary["organizations"],
    )
    return ReportSheet(name="Summary", columns=columns, rows=[row])


def _make_years(report: AnalysisResult) -> ReportSheet:
    years = report["trend"]["by_year"]
    return ReportSheet(
        name="Years",
        columns=(
            ReportColumn("Year of award", _TEXT, width=16),
            *_COUNTED,
            ReportColumn("Share", _SHARE),
            ReportColumn("Change", _SHARE),
            ReportColumn("Whole year", _TEXT),
        ),
        rows=[
            (
                one["label"] or "no date",
                one["count"],
                _pesos(one["total_value"]),
                one["share"],
                one["change"],
                "yes" if one["whole"] else "no",
            )
            for one in years
        ],
        chart=ReportChart(title="Value by year of award", value=3, across="Year of award", up="PHP"),
    )


def _make_months(report: AnalysisResult) -> ReportSheet:
    # Undated ones have no place on the axis of time.
    dated = [one for one in report["trend"]["by_month"] if one["label"] is not None]
    return ReportSheet(
        name="Months",
        columns=(
            ReportColumn("Month of award", _TEXT, width=16),
            *_COUNTED,
            ReportColumn("Twelve months to it (PHP)", _MONEY, width=24),
        ),
        rows=[
            (one["label"], one["count"], _pesos(one["total_value"]), _pesos(one["trailing_year"]))
            for one in dated
        ],
        chart=ReportChart(
            title="Value by month of award", value=3, across="Month of award", up="PHP", lines=True
        ),
    )


def _make_season(report: AnalysisResult) -> ReportSheet:
    return ReportSheet(
        name="Season",
        columns=(
            ReportColumn("Month", _TEXT),
            ReportColumn("Share of a year", _SHARE, width=16),
            ReportColumn("Least of a year", _SHARE, width=16),
            ReportColumn("Most of a year", _SHARE, width=16),
        ),
        rows=[
            (_MONTHS[one["month"] - 1], one["share"], one["least"], one["most"])
            for one in report["trend"]["seasonality"]["months"]
        ],
        chart=ReportChart(
            title="Median share of a year's value by month", value=2, across="Month", up="Share"
        ),
    )


def _make_partners(shares: NameShares) -> ReportSheet:
    kind = KINDS[shares["kind"]]
    return ReportSheet(
        name=kind.exact.plural.capitalize(),
        columns=(
            ReportColumn(kind.exact.label, _TEXT, width=48),
            *_COUNTED,
            ReportColumn("Share", _SHARE),
            ReportColumn("Of all its contracts", _SHARE, width=20),
            ReportColumn("Depends most on", _TEXT, width=48),
            ReportColumn("By", _SHARE),
        ),
        rows=[
            (
                f"{one.get('labels', 0):,} others" if one.get("others") else one["label"] or MISSING,
                one["count"],
                _pesos(one["total_value"]),
                one["share"],
                one["share_of_whole"],
                one["largest"]["name"] if one["largest"] else None,
                one["largest"]["share"] if one["largest"] else None,
            )
            for one in shares["names"]
        ],
        chart=ReportChart(
            title=f"Share of the value by {kind.exact.words}", value=4, across="", up="Share", lying=True
        ),
    )


def _make_concentration(report: AnalysisResult) -> ReportSheet:
    return ReportSheet(
        name="Concentration",
        columns=(
            ReportColumn("Of", _TEXT, width=20),
            ReportColumn("Names", _INTEGER),
            ReportColumn("HHI", _INTEGER),
            ReportColumn("Level", _TEXT),
            ReportColumn("Largest", _SHARE),
            ReportColumn("Four largest", _SHARE),
            ReportColumn("Value with a name", _SHARE, width=18),
        ),
        rows=[_list_spread(one) for one in report["concentration"]["by_kind"]],
    )


def _list_spread(one: Concentration) -> tuple[str | int | float | None, ...]:
    shares = (one["largest"], one["four_largest"], one["named"])
    return KINDS[one["kind"]].exact.plural, one["names"], one["hhi"], one["level"], *shares


def _make_flags(report: AnalysisResult) -> ReportSheet:
    return ReportSheet(
        name="Red flags",
        columns=(
            ReportColumn("Flag", _TEXT, width=36),
            ReportColumn("Judged", _INTEGER),
            ReportColumn("Cases", _INTEGER),
            *_COUNTED,
            ReportColumn("Beware", _TEXT, width=90),
        ),
        rows=[
            (
                *(one["title"], one["judged"], one["cases"], one["contracts"]),
                *(_pesos(one["total_value"]), one["caution"]),
            )
            for one in report["flags"]["counts"]
        ],
    )


def _make_peers(peers: Peers) -> ReportSheet:
    return ReportSheet(
        name="Peers",
        columns=(
            ReportColumn("Rank", _INTEGER),
            ReportColumn(KINDS[peers["kind"]].exact.label, _TEXT, width=48),
            *_COUNTED,
            ReportColumn("Average (PHP)", _MONEY),
            ReportColumn("Partners", _INTEGER),
            ReportColumn("Depends most on", _TEXT, width=48),
            ReportColumn("By", _SHARE),
        ),
        rows=[
            (
                *(one["rank"], one["name"], one["figure"]["count"], _pesos(one["figure"]["total_value"])),
                *(_pesos(one["avg_value"]), one["partners"]),
                *((one["largest"]["name"], one["largest"]["share"]) if one["largest"] else (None, None)),
            )
            for one in peers["peers"]
        ],
        chart=ReportChart(
            title="Value of names of like size", value=4, across="", up="PHP", label=2, lying=True
        ),
    )


def _pesos(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
