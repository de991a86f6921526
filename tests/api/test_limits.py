"""The limits of the law by the API."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
PATH = "/api/v1/legal-limits/"


def test_limits_of_a_day_and_a_name_come_with_law_and_source(visitor: Client) -> None:
    body = visitor.get(
        PATH, {"date": "2018-05-01", "organization": "MUNICIPALITY OF KAPALONG", "mode": "small_value"}
    ).json()
    assert (body["buyer"], body["possible"], body["unknown"]) == (
        "municipality",
        ["100000.00", "200000.00"],
        False,
    )
    first = body["limits"][0]
    assert (first["from"], first["to"], first["class"], first["amount"]) == (
        "2016-10-28",
        "2024-08-12",
        1,
        "200000.00",
    )
    assert (first["section"], first["source"], first["checked_on"]) == (
        "53.9",
        "Annex H of the 2016 revised IRR",
        "2026-11-26",
    )
    assert "never a verdict" in body["caution"]


def test_unknown_limits_are_rows_without_an_amount(visitor: Client) -> None:
    body = visitor.get(PATH, {"date": "2012-01-01", "buyer": "city", "mode": "small_value"}).json()
    assert (body["possible"], body["unknown"]) == ([], True)
    assert [(one["amount"], one["certainty"]) for one in body["limits"]] == [(None, "unknown")]


@pytest.mark.parametrize(
    "query",
    [
        *("date=2024-13-01", "date=yesterday", "date=20240101", "date=1999-12-31"),
        *("buyer=king", "class=0", "class=7", "mode=auction", "day=2024-01-01", "organization=%00"),
    ],
)
def test_what_cannot_be_read_is_refused(visitor: Client, query: str) -> None:
    assert visitor.get(f"{PATH}?{query}").status_code == 400
