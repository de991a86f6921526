"""Bars by month that stand where their months are."""

from __future__ import annotations

from contracts.engine.aggregates import Part
from web.pages.months import HEIGHT, draw_months


def make_part(label: str | None, total_value: str) -> Part:
    return {"label": label, "count": 1, "total_value": total_value, "avg_value": total_value, "share": 0.1}


def test_bars_keep_the_distance_of_their_months_and_the_ratio_of_their_values() -> None:
    chart = draw_months(
        [make_part("2023-11", "50.00"), make_part("2024-02", "200.00"), make_part(None, "900.00")]
    )
    assert chart is not None
    assert [(bar.x, bar.y, bar.height) for bar in chart.bars] == [(0, 75.0, 25.0), (3, 0.0, HEIGHT)]
    assert (chart.width, chart.first, chart.last, chart.highest.month) == (4, "2023-11", "2024-02", "2024-02")


def test_least_value_is_seen_beside_the_greatest() -> None:
    chart = draw_months([make_part("2023-11", "0.01"), make_part("2023-12", "9999999999999999.99")])
    assert chart is not None
    assert chart.bars[0].height == 1


def test_there_is_no_chart_where_no_day_is_known() -> None:
    assert draw_months([make_part(None, "1.00")]) is None
    assert draw_months([]) is None
