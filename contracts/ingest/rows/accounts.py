"""The account of an import: reports of rejects and repairs, what became of each file's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import duckdb

from contracts.errors import ReconciliationFailed
from contracts.ingest.rows.fates import COLLAPSED, DUPLICATE, IMPORTED, REJECTED, UNAWARDED
from contracts.ingest.rows.staging import STAGED, RawFile
from contracts.ingest.tables.batches import DATE_CELL
from contracts.snapshot.versions import REJECTS, REPAIRS, SourceReport

SELECT_REJECTS = f"SELECT seq, file, fault FROM staging.fates WHERE fate = '{REJECTED}'"
SELECT_REPAIRS = f"""SELECT seq, fates.file, unnest(repairs) AS fault
    FROM staging.judged JOIN staging.fates USING (seq)
    WHERE repairs IS NOT NULL AND fates.fate = '{IMPORTED}'"""
"""``seq``, ``file`` and ``fault`` (column and reason) of rejected rows, and of the cells of imported awards
that became missing values."""
_REPORTED = ("file", "row", "column", "value", "reason")


def write_reports(con: duckdb.DuckDBPyConnection, folder: Path, sources: Sequence[SourceReport]) -> None:
    """Write ``file, row, column, value, reason``, in the order of files and rows: in one report of every
    rejected row, in the other of every cell of an imported award that became a missing value."""
    _write_report(con, folder / REJECTS, SELECT_REJECTS, any(source.rejected for source in sources))
    _write_report(con, folder / REPAIRS, SELECT_REPAIRS, any(source.repaired_by_reason for source in sources))


def _write_report(con: duckdb.DuckDBPyConnection, path: Path, faults: str, found: bool) -> None:
    if not found:
        # Without the statement, which takes a small import longer to plan than its rows.
        path.write_text(f"{','.join(_REPORTED)}\n", encoding="utf-8")
        return
    con.execute(
        f"""COPY (
            SELECT label AS file, "row", fault."column" AS "column", "value", fault.reason AS reason
            FROM ({locate_faults(faults)}) ORDER BY seq, list_position({list(STAGED)}, fault."column")
        ) TO $1 (FORMAT csv, HEADER)""",
        [str(path)],
    )


def locate_faults(faults: str) -> str:
    """SQL: what ``faults`` selects, which has ``seq`` and ``fault``, with the ``label``, ``row`` and raw
    ``value`` of each."""
    # Without our mark: the report gives the text as the file has it.
    values = " ".join(f"WHEN '{field}' THEN ltrim(raw.{field}, '{DATE_CELL}')" for field in STAGED)
    return f"""SELECT faults.*, raw.label, raw.row AS "row",
            coalesce(formulas.formula, CASE fault."column" {values} END) AS "value"
        FROM ({faults}) faults JOIN staging.raw USING (seq)
            LEFT JOIN staging.formulas ON formulas.seq = raw.seq AND formulas.field = fault."column" """


def report_sources(con: duckdb.DuckDBPyConnection, files: Sequence[RawFile]) -> tuple[SourceReport, ...]:
    """What became of each file's rows. Raises ReconciliationFailed where that is not what was read."""
    # ``read`` was counted while the file was read and the fates are counted in the table, so that a row which
    # is lost on the way is noticed.
    fates, repairs = _count_fates(con), _count_repairs(con)
    reports = tuple(
        _report_source(file, fates.get(file.number, {}), repairs.get(file.number, {})) for file in files
    )
    for report in reports:
        if report.read != report.accounted:
            raise ReconciliationFailed(
                f"{report.file}: {report.read:,} rows were read, {report.accounted:,} are accounted for"
            )
    return reports


def _count_fates(con: duckdb.DuckDBPyConnection) -> dict[int, dict[tuple[str, str | None], int]]:
    """By file, how many rows have each fate and, where that is to be rejected, reason."""
    counted = con.execute(
        f"""SELECT file, fate, CASE WHEN fate = '{REJECTED}' THEN fault.reason END AS reason, count(*)
        FROM staging.fates GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    files: dict[int, dict[tuple[str, str | None], int]] = {}
    for file, fate, reason, count in counted:
        files.setdefault(file, {})[fate, reason] = count
    return files


def _count_repairs(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, int]]:
    """By file, how many cells became missing values for each reason."""
    counted = con.execute(
        f"SELECT file, fault.reason, count(*) FROM ({SELECT_REPAIRS}) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    files: dict[int, dict[str, int]] = {}
    for file, reason, count in counted:
        files.setdefault(file, {})[reason] = count
    return files


def _report_source(
    file: RawFile, counted: Mapping[tuple[str, str | None], int], repaired: dict[str, int]
) -> SourceReport:
    fates = {fate: count for (fate, reason), count in counted.items() if reason is None}
    reasons = {reason: count for (_, reason), count in counted.items() if reason is not None}
    return SourceReport(
        file=file.path.name,
        generation=file.generation.name,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        read=file.read,
        imported=fates.get(IMPORTED, 0),
        collapsed=fates.get(COLLAPSED, 0),
        unawarded=fates.get(UNAWARDED, 0),
        duplicates=fates.get(DUPLICATE, 0),
        rejected=sum(reasons.values()),
        rejected_by_reason=reasons,
        repaired_by_reason=repaired,
        notes=file.notes,
        encoding=file.decoding.encoding if file.decoding else None,
        mixed_characters=file.decoding.mixed if file.decoding else 0,
        replaced_characters=file.decoding.replaced if file.decoding else 0,
    )


def measure_contracts(con: duckdb.DuckDBPyConnection, reports: Sequence[SourceReport]) -> tuple[int, Decimal]:
    """Rows and pesos of the finished table. Raises ReconciliationFailed where they are not as imported."""
    rows, value = _measure(con, "contracts")
    imported = sum(report.imported for report in reports)
    _, staged_value = _measure(con, "staging.awards")
    if rows != imported or value != staged_value:
        raise ReconciliationFailed(
            f"{imported:,} awards of ₱{staged_value:,} were to be stored, {rows:,} of ₱{value:,} are"
        )
    return rows, value


def _measure(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, Decimal]:
    [found] = con.execute(f"SELECT count(*), coalesce(sum(contract_amount), 0) FROM {table}").fetchall()
    rows, value = found
    return rows, Decimal(value)
