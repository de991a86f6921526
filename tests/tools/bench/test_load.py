from __future__ import annotations

import pytest

from tools.bench.load.__main__ import list_faults
from tools.bench.load.phases import Beside
from tools.bench.load.tally import Tally
from tools.stack.connection import Call


def note(tally: Tally, *statuses: int) -> Tally:
    """Count answers to one route; 0 is none."""
    for status in statuses:
        tally.note(Call(method="GET", route="status", status=status or None, began=1.0, ended=1.005))
    return tally


def beside(*, ms: float = 5.0, missing: tuple[str, ...] = ()) -> Beside:
    tally = note(Tally(), 200, 200, 200)
    tally.routes["status"].took_ms = [1.0, ms, 1000.0]
    return Beside(visitor=tally, crowd=Tally(), missing=missing)


@pytest.mark.parametrize(("statuses", "broken"), [((200, 202, 304, 404, 429), 0), ((200, 500, 503, 0), 3)])
def test_answers_that_are_missing_or_5xx_break_the_bar(statuses: tuple[int, ...], broken: int) -> None:
    tally = note(Tally(), *statuses)
    assert tally.broken == broken
    assert tally.requests == len(statuses)
    assert len(list_faults([tally], beside(), {})) == (1 if broken else 0)


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    tally = note(Tally(), *[200] * 4)
    route = tally.routes["status"]
    route.took_ms = [4.0, 1.0, 3.0, 2.0]
    assert [route.percentile(part) for part in (0.5, 0.75, 0.99, 1.0)] == [2.0, 3.0, 4.0, 4.0]


def test_what_did_not_end_well_or_in_time_is_named() -> None:
    assert list_faults([], beside(), {"SUCCESS": 9, "REVOKED": 2}) == []
    faults = list_faults(
        [], beside(ms=100.0, missing=("3 of 9 streams",)), {"SUCCESS": 1, "PENDING": 2, "LOST": 1}
    )
    assert [fault.partition(":")[0] for fault in faults] == [
        "status",
        "the crowd never came together",
        "2 accepted tasks",
        "1 accepted tasks",
    ]


def test_table_shows_what_a_route_costs_where_that_is_known() -> None:
    tally = note(Tally(), 200, 503)
    headline, known, *_ = tally.show({"status": 1.234})
    assert known.split()[:5] == ["status", "2", "0", "1", "0"]
    assert known.split()[-1] == "1.23"
    assert headline.split()[-2:] == ["CPU", "ms"]
    assert tally.show({})[1].split()[-1] == "-"
