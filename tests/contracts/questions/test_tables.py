from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from contracts.errors import InvalidQuery
from contracts.questions.dimensions import DIMENSIONS
from contracts.questions.filters import EXACT
from contracts.questions.tables import MEASURES, Bands, PagedTable, Table

BANDED = {"rows": "value_band"}


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"rows": "planet"}, "/rows"),
        ({"rows": ["year"]}, "/rows"),
        ({"columns": "by_year"}, "/columns"),
        ({"rows": "year", "columns": "year"}, "/columns"),
        ({"columns": "contractor"}, "/columns"),
        ({"top_columns": 0}, "/top_columns"),
        ({"top_columns": 201}, "/top_columns"),
        ({"measures": []}, "/measures"),
        ({"measures": ["count", "worth"]}, "/measures/1"),
        ({"sort": "contractor"}, "/sort"),
        ({"sort": "--count"}, "/sort"),
        ({"page": 0}, "/page"),
        ({"columns": "year", "page_size": 201}, "/page_size"),
        ({"bands": {"scale": "linear", "width": "1000"}}, "/bands"),
        ({"columns": "value_band", "bands": {"steps": 9, "count": 201}}, "/bands/count"),
        ({**BANDED, "bands": {"scale": "round"}}, "/bands/scale"),
        ({**BANDED, "bands": {"scale": "linear"}}, "/bands/width"),
        ({**BANDED, "bands": {"scale": "linear", "width": "0"}}, "/bands/width"),
        ({**BANDED, "bands": {"scale": "linear", "width": "10", "steps": 3}}, "/bands/steps"),
        ({**BANDED, "bands": {"scale": "logarithmic", "width": "10"}}, "/bands/steps"),
        ({**BANDED, "bands": {"scale": "logarithmic", "steps": 101}}, "/bands/steps"),
        ({**BANDED, "bands": {"scale": "logarithmic", "steps": 1, "start": "0.50"}}, "/bands/start"),
        ({**BANDED, "bands": {"scale": "linear", "width": "1", "count": 1001}}, "/bands/count"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused_at_the_culprit(data: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        PagedTable.from_json(data)
    assert refused.value.pointer == pointer


def test_table_reads_what_it_has_written() -> None:
    table = Table.from_json(
        {
            "columns": "value_band",
            "measures": ["share", "count"],
            "sort": "-median_value",
            "bands": {"scale": "logarithmic", "steps": 3, "start": "10"},
        }
    )
    assert Table.from_json(table.to_json()) == table
    assert hash(Table.from_json(table.to_json())) == hash(table)
    assert table.measures == ("count", "share")
    assert table.computed == ("count", "share", "median_value")


def test_every_exact_filter_is_a_dimension() -> None:
    assert {exact.column for exact in EXACT.values()} < {one.column for one in DIMENSIONS.values()}


def test_words_say_by_what_and_of_which_contracts() -> None:
    table = Table.from_json({"rows": "month", "columns": "area", "filters": {"keywords": ["dike"]}})
    assert table.say() == "by month and area of delivery; text: dike"
    assert set(MEASURES) >= {"count", "share"}


@pytest.mark.parametrize(
    ("said", "bounds"),
    [
        ({"scale": "linear", "width": "0.50", "count": 2}, ["0", "0.50", "1.00"]),
        ({"scale": "linear", "width": "250", "start": "1000", "count": 2}, ["1000", "1250", "1500"]),
        ({"scale": "logarithmic", "steps": 1, "count": 2}, ["1", "10", "100"]),
        # From the bound at or below the start, so that powers of ten are bounds.
        ({"scale": "logarithmic", "steps": 2, "start": "50", "count": 2}, ["31.62", "100", "316.23"]),
        ({"scale": "logarithmic", "steps": 2, "start": "100", "count": 1}, ["100", "316.23"]),
    ],
)
def test_bounds_of_bands(said: dict[str, Any], bounds: list[str]) -> None:
    assert Bands.from_json(said).bounds == tuple(map(Decimal, bounds))


@pytest.mark.parametrize("steps", [1, 7, 60, 100])
def test_logarithmic_bounds_rise_and_end_with_the_amounts_that_can_be_stored(steps: int) -> None:
    bounds = Bands(scale="logarithmic", steps=steps, start=Decimal(10**12), count=1000).bounds
    assert list(bounds) == sorted(set(bounds))
    assert bounds[-1] == Decimal(10**16)
    assert len(bounds) == 4 * steps + 1
