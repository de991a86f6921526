"""What is told of a flag: its counts, and a page of its cases with contracts that show each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, NamedTuple, TypedDict

from contracts.engine.cursor import Cursor
from contracts.engine.records.record import TOLD
from contracts.engine.records.rows import read_rows
from contracts.engine.records.shown import ShownContract, show_contract
from contracts.engine.store import Reader
from contracts.fields import Also, FieldType, Pesos, Shown
from contracts.flags.flag import KEYS, VERDICT, Flag
from contracts.flags.judging import CASES, EVIDENCE, Judged, judge
from contracts.questions.filters import Filters
from contracts.questions.query import Page
from contracts.snapshot.expressions import Statement

SHOWN = 10
"""Contracts of a case that are told with it; a file of the evidence has all."""
Count = Annotated[int, Also(minimum=0)]


class Case(TypedDict):
    """One case. ``filters`` find the contracts of the same names, and ``evidence`` are the first of its own
    ``contracts``; ``figures`` has those that the flag declares."""

    number: Count
    strength: float
    organization: str | None
    contractor: str | None
    partner: str | None
    category: str | None
    figures: dict[str, str | int | float | None]
    contracts: Count
    total_value: Pesos
    filters: Annotated[Mapping[str, object], Shown(Filters)]
    evidence: list[ShownContract]


class FlagCount(TypedDict):
    """A flag, judged. Of ``rows`` contracts, ``judged`` had what the flag needs; ``contracts`` stand in its
    ``cases``, each counted once."""

    code: str
    title: str
    rows: Count
    judged: Count
    cases: Count
    contracts: Count
    total_value: Pesos
    caution: str


class FlagAnswer(FlagCount):
    """A flag, judged, and a page of its cases."""

    evidence: list[Case]


class _Size(NamedTuple):
    number: int
    contracts: int
    total_value: Decimal


class _Member(NamedTuple):
    number: int
    id: int


def answer_flag(flag: Flag, filters: Filters, page: Page, reader: Reader) -> FlagAnswer:
    """The counts of a flag and a page of its cases, the strongest first."""
    judged = judge(flag, filters, reader)
    return {**count_judged(judged), "evidence": list_cases(judged, filters, page)}


def count_judged(judged: Judged) -> FlagCount:
    """What is told of a flag in figures."""
    flag = judged.flag
    return {
        "code": flag.code,
        "title": flag.title,
        "rows": judged.rows,
        "judged": judged.judged,
        "cases": judged.cases,
        "contracts": judged.contracts,
        "total_value": f"{judged.total_value:.2f}",
        "caution": f"{flag.caution} {VERDICT}",
    }


def list_cases(judged: Judged, filters: Filters, page: Page) -> list[Case]:
    """A page of the cases that were found last."""
    flag, cursor = judged.flag, judged.cursor
    first, last = page.offset + 1, page.offset + page.size
    if first > judged.cases:
        return []
    sizes = {size.number: size for size in cursor.fetch(_select_sizes(first, last), _Size)}
    shown = _read_members(first, last, cursor)
    columns = [key for key in KEYS if key in flag.keys]
    names = ["number", "strength", *columns, *(figure.name for figure in flag.figures)]
    rows = cursor.fetch(
        _select_cases(flag, columns, first, last), lambda *row: dict(zip(names, row, strict=True))
    )
    return [
        {
            "number": number,
            "strength": float(str(row["strength"])),
            "organization": _text(row.get("organization")),
            "contractor": _text(row.get("contractor")),
            "partner": _text(row.get("partner")),
            "category": _text(row.get("category")),
            "figures": {figure.name: _to_json(row[figure.name], figure.type) for figure in flag.figures},
            "contracts": sizes[number].contracts,
            "total_value": f"{sizes[number].total_value:.2f}",
            "filters": _narrow(filters, row),
            "evidence": shown[number],
        }
        for row in rows
        for number in [int(str(row["number"]))]
        if number in sizes
    ]


def _select_cases(flag: Flag, keys: list[str], first: int, last: int) -> Statement:
    names = [f"{key}_label.label AS {key}" for key in keys]
    joins = " ".join(
        f"LEFT JOIN labels {key}_label ON {key}_label.field = '{KEYS[key].column}'"
        f" AND {key}_label.code = c.{key}"
        for key in keys
    )
    figures = [f'c."{figure.name}"' for figure in flag.figures]
    return Statement(
        f"""SELECT {", ".join(["c.number", "c.strength::DOUBLE", *names, *figures])} FROM {CASES} c {joins}
        WHERE c.number BETWEEN $1 AND $2 ORDER BY c.number""",
        (first, last),
    )


def _select_sizes(first: int, last: int) -> Statement:
    return Statement(
        f"""SELECT e.number, count(*), sum(t.contract_amount)
        FROM {EVIDENCE} e JOIN contracts t ON t.id = e.id
        WHERE e.number BETWEEN $1 AND $2 GROUP BY 1""",
        (first, last),
    )


def _read_members(first: int, last: int, cursor: Cursor) -> Mapping[int, list[ShownContract]]:
    """The first contracts of each case."""
    statement = Statement(
        f"""SELECT number, id FROM {EVIDENCE} WHERE number BETWEEN $1 AND $2
        QUALIFY row_number() OVER (PARTITION BY number ORDER BY id) <= {SHOWN} ORDER BY number, id""",
        (first, last),
    )
    members = cursor.fetch(statement, _Member)
    found: dict[int, list[ShownContract]] = defaultdict(list)
    for member, row in zip(members, read_rows(cursor, TOLD, [one.id for one in members]), strict=True):
        found[member.number].append(show_contract(row))
    return found


def _narrow(filters: Filters, row: Mapping[str, object]) -> Mapping[str, object]:
    """The filters, and the names of the case."""
    named = defaultdict[str, list[object]](list)
    for name, key in KEYS.items():
        if row.get(name) is not None:
            named[key.filter].append(row[name])
    return filters.model_copy(update={name: tuple(names) for name, names in named.items()}).to_json()


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _to_json(value: object, kind: FieldType) -> str | int | float | None:
    if value is None:
        return None
    if kind is FieldType.MONEY:
        return f"{Decimal(str(value)):.2f}"
    if kind is FieldType.INTEGER:
        return int(str(value))
    return round(float(str(value)), 6) if kind is FieldType.SHARE else str(value)
