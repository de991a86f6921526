"""Contracts of several years in the second source: the rows of their later years, in which a reference to the
first stands in place of a cost (``MYCA with Project ID P00123450LZ``: multi-year contractual authority).

Such a row is a part of the contract that it refers to, and becomes one of its line items.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from contracts.fields import FLOOD_CONTROL
from contracts.ingest.rows.staging import RawFile

_REFERENCE = r"(?i)^\s*MYCA\b.*?\b(P[0-9A-Z-]+)\s*$"
_SHARED = ("project_id", "contract_number", "awardee_name", "contract_amount")


def join_later_years(con: duckdb.DuckDBPyConnection, files: Collection[RawFile]) -> None:
    """Give the rows of later years what identifies their contract: that of the project which they name, or,
    where it is not there, of another row of the same contract number. Others stay as they are."""
    # The digest of a row stays: two later years may become alike in all that is kept, and are two rows.
    numbers = ", ".join(str(file.number) for file in files if file.generation.source == FLOOD_CONTROL)
    if not numbers:
        return
    con.execute(
        f"""CREATE TEMP TABLE projects AS
        SELECT seq, trim(project_id) AS project_id, trim(contract_number) AS contract_number,
            nullif(regexp_extract(contract_amount, '{_REFERENCE}', 1), '') AS refers
        FROM staging.raw WHERE file IN ({numbers})"""
    )
    shared = ", ".join(f"{field} = first_year.{field}" for field in _SHARED)
    con.execute(
        f"""UPDATE staging.raw SET {shared}
        FROM ({_FIRST_YEARS}) found JOIN staging.raw first_year ON first_year.seq = found.first
        WHERE raw.seq = found.seq"""
    )
    con.execute("DROP TABLE projects")


# A year may refer to the one before. UNION without ALL, because it ends where references go round.
_FIRST_YEARS = """WITH RECURSIVE later AS (
        SELECT * FROM projects WHERE refers IS NOT NULL
    ), referred AS (
        SELECT seq, refers FROM later
        UNION SELECT referred.seq, later.refers FROM referred JOIN later ON later.project_id = referred.refers
    ), by_project AS (
        SELECT referred.seq, min(first_year.seq) AS first
        FROM referred JOIN projects first_year
            ON first_year.project_id = referred.refers AND first_year.refers IS NULL
        GROUP BY referred.seq
    ), by_contract AS (
        SELECT later.seq, min(first_year.seq) AS first
        FROM later JOIN projects first_year
            ON first_year.contract_number = later.contract_number AND first_year.refers IS NULL
        GROUP BY later.seq
    )
    SELECT seq, coalesce(by_project.first, by_contract.first) AS first
    FROM by_project FULL JOIN by_contract USING (seq)"""
"""The row of a later year and that of the first."""
