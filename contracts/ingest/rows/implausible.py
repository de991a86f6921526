"""Marks the awards whose amounts are hardly right, by the rule of contracts.snapshot.implausible."""

from __future__ import annotations

import duckdb

from contracts.snapshot.implausible import (
    LEAST_ALIKE,
    LEAST_SCORE,
    LEAST_SPREAD,
    MAD_TO_SIGMA,
    MARK_BY_BUDGET,
    OVER_BUDGET,
    OVER_LIKE,
    TIMES_USUAL,
    UNKNOWN_BUDGET,
)

_YEAR = "coalesce(year(award_date), funding_year, 0)"
_SIZE = "ln(contract_amount::DOUBLE)"


def mark_implausible(con: duckdb.DuckDBPyConnection) -> None:
    """Fill the column of ``staging.awards``, which is null before."""
    # Updates of a few rows: a join would copy all texts once more.
    con.execute(
        f"UPDATE staging.awards SET implausible = '{OVER_BUDGET}' WHERE ({MARK_BY_BUDGET}) IS NOT NULL"
    )
    con.execute(
        f"""CREATE TEMP TABLE unknown_budgets AS
        SELECT seq, business_category AS category, {_YEAR} AS year, {_SIZE} AS size
        FROM staging.awards WHERE {UNKNOWN_BUDGET} AND business_category IS NOT NULL"""
    )
    con.execute(
        f"""UPDATE staging.awards SET implausible = '{OVER_LIKE}'
        FROM (SELECT seq FROM unknown_budgets JOIN ({_MIDDLES}) USING (category, year)
            WHERE size - middle > ln({TIMES_USUAL}) AND size - middle > {LEAST_SCORE} * spread) found
        WHERE awards.seq = found.seq"""
    )
    con.execute("DROP TABLE unknown_budgets")


# Of the groups that are asked for only: medians hold all of their values.
_MIDDLES = f"""SELECT category, year, median(size) AS middle,
        greatest({MAD_TO_SIGMA} * mad(size), {LEAST_SPREAD}) AS spread
    FROM (SELECT business_category AS category, {_YEAR} AS year, {_SIZE} AS size FROM staging.awards) sized
        SEMI JOIN unknown_budgets USING (category, year)
    GROUP BY ALL HAVING count(*) >= {LEAST_ALIKE}"""
