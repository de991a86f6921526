from __future__ import annotations

import pytest

from tools.bench.figures import BARS, SMOKE_SLACK, list_missed, show_table


@pytest.mark.parametrize(
    ("name", "value", "missed"),
    [
        ("search_ms", 30, False),
        ("search_ms", 31, True),
        ("search_vs_ilike", 20, False),
        ("search_vs_ilike", 19, True),
    ],
)
def test_figure_is_missed_on_the_wrong_side_of_its_bar(name: str, value: float, missed: bool) -> None:
    assert list_missed({name: value}, smoke=False) == ([name] if missed else [])


def test_smoke_run_judges_ratios_alone_and_with_slack() -> None:
    at_least, at_most = BARS["search_vs_ilike"].at_least, BARS["csv_vs_copy"].at_most
    assert at_least is not None
    assert at_most is not None
    near = {"search_ms": 1e6, "search_vs_ilike": at_least / SMOKE_SLACK, "csv_vs_copy": at_most * SMOKE_SLACK}
    far = {"search_vs_ilike": at_least / SMOKE_SLACK - 1, "csv_vs_copy": at_most * SMOKE_SLACK + 1}
    assert list_missed(near, smoke=True) == []
    assert list_missed(far, smoke=True) == list(far)


def test_table_shows_measured_figures_in_the_order_of_the_bars() -> None:
    lines = show_table({"suggest_ms": 25.0, "search_ms": 20.0})
    assert [line.split("`")[1] for line in lines[2:]] == ["search_ms", "suggest_ms"]
    assert "missed" in lines[3]
    assert "missed" not in lines[2]
