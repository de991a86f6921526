"""Links of answers lead to what was asked: the explorer's own code reads them, and makes the same."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistants.permalinks import Pairs, link_charts, link_comparison, link_rows, link_table
from contracts.questions.comparisons import ComparisonSort
from contracts.questions.dimensions import DIMENSIONS
from contracts.questions.filters import Filters
from contracts.questions.periods import UNDATED, TimeRange
from contracts.questions.tables import SORTS, Bands, TableSort
from data_processing.kinds.compare import CompareRequest
from data_processing.kinds.kind import TaskRequest
from data_processing.kinds.search import SearchRequest
from data_processing.kinds.table import TableRequest
from tests.contracts.example_questions import filters_, one_filter, sorts
from web.views import DECLARED

comparisons = st.builds(
    CompareRequest,
    a=one_filter,
    b=one_filter,
    by=st.sampled_from(list(DIMENSIONS)),
    sort=st.builds(ComparisonSort, field=st.sampled_from(ComparisonSort.choices), descending=st.booleans()),
)
HERE = Path(__file__).parent
PAGE = HERE.parent / "web" / "javascript" / "page.js"
searches = st.builds(SearchRequest, filters=filters_ | one_filter, sort=sorts)
tables = st.builds(
    TableRequest,
    filters=one_filter,
    rows=st.sampled_from([name for name in DIMENSIONS if name != "year"]),
    columns=st.none() | st.just("year"),
    sort=st.builds(TableSort, field=st.sampled_from(SORTS), descending=st.booleans()),
) | st.builds(
    TableRequest,
    filters=one_filter,
    rows=st.just("value_band"),
    bands=st.builds(Bands, scale=st.just("logarithmic"), steps=st.integers(1, 20))
    | st.builds(Bands, scale=st.just("linear"), width=st.decimals("1", "1000000", places=2)),
)


class Page:
    """The explorer's modules, asked a line at a time."""

    def __init__(self, node: subprocess.Popen[str]) -> None:
        self._node = node

    def read(self, request: TaskRequest, pairs: Pairs | None) -> tuple[Any, Pairs | None]:
        """The filters of the page at our link, and the page's own link to what the request asks for."""
        link = None if pairs is None else f"?{urlencode(pairs)}"
        sent = {"link": link, "request": request.to_json(), "sides": isinstance(request, CompareRequest)}
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.write(json.dumps(sent) + "\n")
        self._node.stdin.flush()
        said = json.loads(self._node.stdout.readline())
        own = said["own"]
        return said["asked"], None if own is None else split(own)


def split(link: str) -> Pairs:
    return parse_qsl(link.removeprefix("?"), keep_blank_values=True)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    command = ["node", "--import", PAGE.as_uri(), str(HERE / "permalinks.js")]
    environment = {**os.environ, "DECLARED": DECLARED}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True) as node:
        yield Page(node)
        assert node.stdin
        node.stdin.close()


def mean(filters: Filters) -> tuple[Filters, list[date | None]]:
    """The filters, and which of some days they mean: links say lists in another way."""
    some: list[date | None] = [None, *(date(2020, 1, 1) + timedelta(days=12 * n) for n in range(200))]
    meant = [day for day in some if filters.days is None or any(holds(one, day) for one in filters.days)]
    return filters.model_copy(update={"time_ranges": (), "also_within": ()}), meant


def holds(one: TimeRange, day: date | None) -> bool:
    if day is None or one == UNDATED:
        return day is None and one == UNDATED
    return (one.start or day) <= day <= (one.end or day)


@given(request=searches)
def test_a_link_to_rows_leads_the_page_to_the_same_question(page: Page, request: SearchRequest) -> None:
    pairs = link_rows(request.filters, request.sort)
    asked, own = page.read(request, pairs)
    assert own == pairs
    if pairs is not None:
        assert mean(Filters.from_json(asked)) == mean(request.filters)


@given(request=tables)
def test_a_link_to_a_table_or_a_distribution_is_the_page_s_own(page: Page, request: TableRequest) -> None:
    pairs = link_table(request)
    asked, own = page.read(request, pairs)
    assert own == pairs
    if pairs is not None:
        assert mean(Filters.from_json(asked)) == mean(request.filters)


@given(request=comparisons)
def test_a_link_to_a_comparison_leads_its_page_to_both_sides(page: Page, request: CompareRequest) -> None:
    pairs = link_comparison(request)
    if pairs is not None:
        asked, own = page.read(request, pairs)
        assert own == pairs
        shown = CompareRequest.from_json(asked)
        assert (mean(shown.a), mean(shown.b)) == (mean(request.a), mean(request.b))
        assert (shown.by, shown.sort) == (request.by, request.sort)


def test_charts_are_the_same_rows_looked_at_in_another_way(page: Page) -> None:
    request = SearchRequest(filters=Filters(time_ranges=(TimeRange.quarter(2024, 2),)))
    pairs = link_charts(request.filters)
    assert pairs == [("quarter", "2024-Q2"), ("show", "charts")]
    asked, _ = page.read(request, pairs)
    assert Filters.from_json(asked) == request.filters


def test_a_link_says_a_month_of_several_years(page: Page) -> None:
    months = tuple(TimeRange(start=date(year, 2, 1), end=date(year, 2, 28)) for year in (2022, 2023))
    request = SearchRequest(filters=Filters(time_ranges=months, also_within=((TimeRange.year(2022),),)))
    pairs = link_rows(request.filters, request.sort)
    assert pairs == [("year", "2022"), ("month", "2022-02"), ("month", "2023-02")]
    asked, own = page.read(request, pairs)
    assert own == pairs
    assert mean(Filters.from_json(asked)) == mean(request.filters)


def test_what_no_link_can_say_has_none(page: Page) -> None:
    days = (TimeRange(start=date(2024, 1, 2), end=None), TimeRange(start=None, end=date(2023, 1, 2)))
    request = SearchRequest(filters=Filters(time_ranges=days))
    assert link_rows(request.filters, request.sort) is None
    assert page.read(request, None) == (None, None)
