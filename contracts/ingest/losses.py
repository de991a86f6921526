"""What holds an import: a fault that costs awards must not replace a good dataset. The rules are published in
docs/explanation/data.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from contracts.errors import ImportHeld
from contracts.ingest.rows.fate_counts import count_rejects
from contracts.ingest.rows.fates import REJECTED
from contracts.snapshot.versions import SourceReport

# Lines about rejects in the error: fifty files with ten reasons each would hide what holds the import.
_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What an import would lose.

    ``faults`` are sentences that say what holds it, whatever share may be rejected; ``excesses`` say which
    shares are too large. ``awarded_rows`` include the rejected ones; pesos are those that could be read, of
    each award once.
    """

    awarded_rows: int
    rejected_rows: int
    awarded_pesos: Decimal
    rejected_pesos: Decimal
    faults: tuple[str, ...]
    excesses: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*self.faults, *self.excesses)

    @property
    def rejected_share(self) -> float:
        """The larger one of rows and pesos, from 0 to 1."""
        return max(
            _share(self.rejected_rows, self.awarded_rows), _share(self.rejected_pesos, self.awarded_pesos)
        )


def measure_losses(
    con: duckdb.DuckDBPyConnection, reports: Sequence[SourceReport], *, max_rejected_share: float
) -> Losses:
    """What the staged files would lose."""
    imported = _sum_up(con, "SELECT contract_amount FROM staging.awards")
    rejected_pesos = _measure_rejects(con)
    rejected_rows = sum(report.rejected for report in reports)
    awarded_rows = sum(report.imported + report.collapsed for report in reports) + rejected_rows
    awarded_pesos = imported + rejected_pesos
    rows = f"{rejected_rows:,} of {awarded_rows:,} awarded rows"
    pesos = f"₱{rejected_pesos:,.2f} of ₱{awarded_pesos:,.2f}"
    shares = ((rows, _share(rejected_rows, awarded_rows)), (pesos, _share(rejected_pesos, awarded_pesos)))
    return Losses(
        awarded_rows=awarded_rows,
        rejected_rows=rejected_rows,
        awarded_pesos=awarded_pesos,
        rejected_pesos=rejected_pesos,
        faults=tuple(_list_faults(reports)),
        excesses=tuple(
            f"{what} ({_show(share)}) would be rejected; up to {_show(max_rejected_share)} may be"
            for what, share in shares
            if share > max_rejected_share
        ),
    )


def _list_faults(reports: Sequence[SourceReport]) -> Iterator[str]:
    for report in reports:
        if not report.read:
            yield f"{report.file} has no rows: nothing is switched"
        elif report.rejected and not report.imported and not report.collapsed:
            yield f"none of the {report.rejected:,} awarded rows of {report.file} would be imported"
    if not any(report.imported for report in reports):
        yield "the dataset would be empty"


def _measure_rejects(con: duckdb.DuckDBPyConnection) -> Decimal:
    """Pesos of the rejected rows whose amounts can be read."""
    # Each award once, because its items repeat one amount; a row that has no identity is an award of its own.
    return _sum_up(
        con,
        f"""SELECT contract_amount FROM (
            SELECT DISTINCT coalesce(identity, seq::UHUGEINT), contract_amount
            FROM staging.judged JOIN staging.fates USING (seq)
            WHERE fates.fate = '{REJECTED}' AND contract_amount > 0)""",
    )


def _sum_up(con: duckdb.DuckDBPyConnection, amounts: str) -> Decimal:
    [(pesos,)] = con.execute(f"SELECT coalesce(sum(contract_amount), 0) FROM ({amounts})").fetchall()
    return Decimal(pesos)


def _share(part: int | Decimal, whole: int | Decimal) -> float:
    return float(part / whole) if whole else 0.0


def _show(share: float) -> str:
    return f"{100 * share:.3g} %"


def raise_if_held(con: duckdb.DuckDBPyConnection, losses: Losses) -> None:
    """Raises ImportHeld where anything holds the import, with an example of each reason to reject."""
    if not losses.sentences:
        return
    rejects = [str(finding) for finding in count_rejects(con)]
    more = [f"and {len(rejects) - _SHOWN:,} further reasons in other files"] if len(rejects) > _SHOWN else []
    lines = [*losses.sentences, *rejects[:_SHOWN], *more]
    raise ImportHeld(
        "the import is held and the current dataset stays:\n" + "\n".join(f"- {line}" for line in lines),
        losses=losses.sentences,
        rejected_share=losses.rejected_share,
        only_share=not losses.faults,
    )
