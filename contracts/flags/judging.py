"""Finding the cases of a flag among the contracts that filters mean, and the contracts that prove them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import pyarrow as pa

from contracts.engine.cursor import Cursor
from contracts.engine.sql import pick
from contracts.engine.store import Reader
from contracts.fields import FIELD_BY_NAME, Field, FieldType
from contracts.flags.alike import keep_alike
from contracts.flags.flag import VERDICT, Flag
from contracts.flags.held import join_limits, prepare_limits
from contracts.questions.filters import Filters
from contracts.snapshot.expressions import CODES, Statement

CASES, EVIDENCE, KEPT = "flag_cases", "flag_evidence", "flag_rows"
WRITTEN = (
    *("organization_name", "awardee_name", "award_title", "contract_amount", "approved_budget"),
    *("procurement_mode", "publish_date", "closing_date", "award_date", "reference_id", "award_number"),
    "contract_number",
)
"""The columns of the contracts in a file of evidence."""
MOST_KEPT = 100_000
"""Contracts that are copied before they are judged; with all columns of all flags they take 20 MB."""
NOTE = Field(
    name="note",
    label="Note",
    type=FieldType.TEXT,
    width=30,
    description="What every row must not be read without.",
)
_WIDTHS = {FieldType.TEXT: 30, FieldType.MONEY: 18}


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of a flag: of ``rows`` contracts, ``judged`` could be; ``cases`` were found, with
    ``contracts`` in them, each counted once, worth ``total_value`` pesos."""

    flag: Flag
    rows: int
    judged: int
    cases: int
    contracts: int
    total_value: Decimal
    cursor: Cursor
    """On which the relations are."""


@dataclass(frozen=True, kw_only=True)
class Docket:
    """Contracts to be judged: so many ``rows``, a relation of ``cursor``. ``amounts`` is a table that has
    those of all of them, by id."""

    rows: Statement
    amounts: str
    count: int
    cursor: Cursor


class _Count(NamedTuple):
    rows: int
    value: Decimal | None


def judge(flag: Flag, filters: Filters, reader: Reader) -> Judged:
    """Find the cases, which stand in the relations CASES and EVIDENCE until the reader judges again.

    Raises QueryInterrupted, OutOfSpace.
    """
    count = reader.count(filters).rows
    if count <= MOST_KEPT:
        return judge_docket(flag, keep_docket([flag], filters, reader))
    scan = reader.scan(filters)
    rows = Statement(f"(SELECT * {scan.rows.sql})", scan.rows.parameters)
    return judge_docket(flag, Docket(rows=rows, amounts="contracts", count=count, cursor=scan.cursor))


def keep_docket(flags: Iterable[Flag], filters: Filters, reader: Reader) -> Docket:
    """The contracts that ``filters`` means with what ``flags`` read of them, for those that judge by many."""
    scan = reader.scan(filters)
    # Titles and numbers of five million contracts are unpacked to find a few of them, which takes a second:
    # once, and not for each flag.
    read = dict.fromkeys(name for flag in flags for name in flag.fields)
    codes = (CODES[name] for name in read if name in CODES)
    columns = ", ".join(dict.fromkeys(["id", "contract_amount", *read, *codes]))
    scan.cursor.execute(
        Statement(
            f"CREATE OR REPLACE TEMP TABLE {KEPT} AS SELECT {columns} {scan.rows.sql}", scan.rows.parameters
        )
    )
    return Docket(rows=Statement(KEPT), amounts=KEPT, count=reader.count(filters).rows, cursor=scan.cursor)


def judge_docket(flag: Flag, docket: Docket) -> Judged:
    """As ``judge``."""
    cursor = docket.cursor
    if flag.by_limits:
        prepare_limits(cursor)
    needed = flag.fill(flag.needed)
    source = join_limits(docket.rows.sql) if flag.by_limits else docket.rows.sql
    judged = Statement(f"(SELECT * FROM {source} WHERE {needed})", docket.rows.parameters)
    [known] = cursor.fetch(Statement(f"SELECT count(*), NULL FROM {judged.sql}", judged.parameters), _Count)
    if flag.alike:
        judged = keep_alike(flag, judged, cursor)
    _keep_cases(flag, judged, cursor)
    _keep_evidence(flag, judged, cursor)
    [cases] = cursor.fetch(Statement(f"SELECT count(*), NULL FROM {CASES}"), _Count)
    [found] = cursor.fetch(
        # A contract may stand in several cases, as two splits may share one.
        Statement(
            f"SELECT count(*), sum(contract_amount) FROM {docket.amounts}"
            f" WHERE id IN (SELECT id FROM {EVIDENCE})"
        ),
        _Count,
    )
    return Judged(
        flag=flag,
        rows=docket.count,
        judged=known.rows,
        cases=cases.rows,
        contracts=found.rows,
        total_value=found.value or Decimal("0.00"),
        cursor=cursor,
    )


def _keep_cases(flag: Flag, judged: Statement, cursor: Cursor) -> None:
    # By all columns that tell cases apart, so that equal strengths have one order.
    own = ("id",) if flag.of_contracts else flag.keys
    order = ", ".join(["strength DESC", *own, *(f'"{figure.name}"' for figure in flag.figures)])
    cases = flag.fill(flag.cases, judged=judged.sql)
    cursor.execute(
        Statement(
            f"""CREATE OR REPLACE TEMP TABLE {CASES} AS
            SELECT row_number() OVER (ORDER BY {order}) AS number, * FROM ({cases})""",
            judged.parameters,
        )
    )


def _keep_evidence(flag: Flag, judged: Statement, cursor: Cursor) -> None:
    rows = Statement(f"SELECT number, id FROM {CASES}")
    if not flag.of_contracts:
        members = flag.fill(flag.members)
        rows = Statement(
            f"SELECT c.number, j.id FROM {CASES} c JOIN {judged.sql} j ON {members} {flag.fill(flag.joins)}",
            judged.parameters,
        )
    cursor.execute(Statement(f"CREATE OR REPLACE TEMP TABLE {EVIDENCE} AS {rows.sql}", rows.parameters))


@dataclass(frozen=True, kw_only=True)
class EvidenceRows:
    """The evidence of the flag that was judged last, as writers of files take it: a row for each contract of
    each case, the strongest case first (``contracts.writers.outfile.Rows``)."""

    flag: Flag
    count: int
    cursor: Cursor

    @property
    def fields(self) -> Sequence[Field]:
        own = [
            Field(
                name="case_number",
                label="Case",
                type=FieldType.INTEGER,
                width=8,
                description="The contracts of one case share it; the strongest case is the first.",
            )
        ]
        own += [
            Field(
                name=f"case_{figure.name}",
                label=figure.label,
                type=figure.type,
                width=_WIDTHS.get(figure.type, 14),
                description=f"{figure.label} of the case.",
            )
            for figure in self.flag.figures
        ]
        return [*own, *(FIELD_BY_NAME[name] for name in WRITTEN), NOTE]

    def stream(
        self, *, select: Sequence[str] = (), batch_rows: int = 20_000, places: range | None = None
    ) -> pa.RecordBatchReader:
        figures = [f'c."{one.name}"::{one.type.sql_type} AS "case_{one.name}"' for one in self.flag.figures]
        note = f"'{VERDICT}' AS note"
        columns = ", ".join(["e.number AS case_number", *figures, *(f"t.{name}" for name in WRITTEN), note])
        rows = f"""SELECT {columns} FROM {EVIDENCE} e JOIN {CASES} c USING (number)
            JOIN contracts t ON t.id = e.id ORDER BY e.number, e.id"""
        return self.cursor.stream(Statement(pick(rows, select, places)), batch_rows=batch_rows)


def open_evidence(flag: Flag, filters: Filters, reader: Reader) -> EvidenceRows:
    """All contracts of all cases of a flag. One at a time may be read on a reader."""
    cursor = judge(flag, filters, reader).cursor
    [rows] = cursor.fetch(Statement(f"SELECT count(*), NULL FROM {EVIDENCE}"), _Count)
    return EvidenceRows(flag=flag, count=rows.rows, cursor=cursor)
