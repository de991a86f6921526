"""Amounts against like contracts: those of the same category, kind of buyer and year.

Modified z of logarithms (B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers, 1993), as amounts of
one kind of purchase differ by factors.
"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from contracts.anomalies.declared import AMOUNT, MAD_TO_SIGMA, SHOWN, Parameters
from contracts.engine.cursor import Cursor
from contracts.engine.store import Reader
from contracts.law.buyers import select_buyer
from contracts.questions.filters import Filters
from contracts.questions.reading import FIRST_YEAR, LAST_YEAR
from contracts.snapshot.expressions import Statement

SIZED, GROUPS, FAR = "anomaly_sizes", "anomaly_groups", "anomaly_amounts"


class Sizes(NamedTuple):
    """Of ``rows`` contracts, ``judged`` stand in groups that are large enough."""

    rows: int
    judged: int


def group_amounts(reader: Reader, parameters: Parameters) -> Sizes:
    """Make the relation of groups with median and spread of the logarithms, which stays with the reader."""
    scan = reader.scan(Filters())
    cursor = scan.cursor
    kinds = f"""SELECT code::INTEGER AS code, {select_buyer("label")} AS kind
        FROM labels WHERE field = 'organization_name' AND label IS NOT NULL"""
    # A view, as a table of all sizes would hold what two scans read faster.
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP VIEW {SIZED} AS
            SELECT business_category_code::INTEGER AS category, k.kind AS buyer,
                year(award_date)::SMALLINT AS year, organization_name_code::INTEGER AS organization,
                id, contract_amount AS amount, ln(contract_amount::DOUBLE)::FLOAT AS size
            FROM (SELECT * {_inline(scan.rows)}) c
            JOIN ({kinds}) k ON k.code = c.organization_name_code
            WHERE contract_amount > 0 AND business_category IS NOT NULL
                AND year(award_date) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"""
        )
    )
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE {GROUPS} AS
            SELECT category, buyer, year, count(*) AS alike, median(size)::DOUBLE AS middle,
                greatest({MAD_TO_SIGMA} * mad(size), {parameters.least_spread})::DOUBLE AS spread
            FROM {SIZED} GROUP BY ALL HAVING count(*) >= {parameters.least_alike}"""
        )
    )
    [sizes] = cursor.fetch(Statement(f"SELECT coalesce(sum(alike), 0) FROM {GROUPS}"), int)
    return Sizes(rows=reader.count(Filters()).rows, judged=sizes)


def list_groups(cursor: Cursor) -> pa.Table:
    """The groups by name: category, buyer, year, alike, middle and spread of the logarithms."""
    return cursor.fetch_table(
        Statement(
            f"""SELECT l.label AS category, g.* EXCLUDE (category) FROM {GROUPS} g
            JOIN labels l ON l.field = 'business_category' AND l.code = g.category
            ORDER BY 1, buyer, year"""
        )
    )


def find_amounts(cursor: Cursor, parameters: Parameters) -> tuple[int, pa.Table]:
    """How many amounts are far from those of their group, and the strongest, in the columns of
    ``model.FOUND_SCHEMA``. Equal amounts of one organization, category and year are one anomaly."""
    score = "(size - middle) / spread"
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE {FAR} AS
            SELECT organization, category, year, amount, any_value(abs({score}))::DOUBLE AS score,
                any_value(middle) AS middle, any_value(spread) AS spread, any_value(alike) AS alike,
                count(*) AS contracts, min(id, {SHOWN}) AS largest
            FROM {SIZED} s JOIN {GROUPS} g USING (category, buyer, year)
            WHERE abs({score}) >= {parameters.amount_score}
                AND abs(size - middle) >= ln({parameters.amount_times})
            GROUP BY ALL"""
        )
    )
    [count] = cursor.fetch(Statement(f"SELECT count(*) FROM {FAR}"), int)
    return count, cursor.fetch_table(_select_strongest(parameters))


def _select_strongest(parameters: Parameters) -> Statement:
    margin = f"{parameters.amount_score} * spread"
    return Statement(
        f"""SELECT '{AMOUNT}' AS kind, o.label AS organization, c.label AS category, NULL::INTEGER AS series,
            make_date(year, 1, 1) AS first_day, make_date(year, 12, 31) AS last_day, score,
            amount::DECIMAL(38, 2) AS actual, exp(middle) AS expected,
            exp(middle - {margin}) AS low, exp(middle + {margin}) AS high,
            alike::BIGINT AS alike, contracts::BIGINT AS contracts,
            (contracts * amount::DECIMAL(27, 2))::DECIMAL(38, 2) AS total_value, largest
        FROM {FAR} f
        JOIN labels o ON o.field = 'organization_name' AND o.code = f.organization
        JOIN labels c ON c.field = 'business_category' AND c.code = f.category
        ORDER BY score DESC, organization, category, first_day, amount
        LIMIT {parameters.most_kept}"""
    )


def _inline(rows: Statement) -> str:
    # A view takes no parameters; of the contracts of the main source there are none.
    assert not rows.parameters
    return rows.sql
