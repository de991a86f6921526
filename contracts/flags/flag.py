"""What a red flag is: a question to the contracts, with the formula, its source and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.fields import FieldType

VERDICT = "A flag is a reason to look, never a verdict."
"""Every page, file and message that shows a flag says so."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What the contracts of a case share: a name of ``column``. ``filter`` finds it among the Filters."""

    column: str
    filter: str

    @property
    def code(self) -> str:
        return f"{self.column}_code"


KEYS: Mapping[str, Key] = {
    "organization": Key(column="organization_name", filter="organizations"),
    "contractor": Key(column="awardee_name", filter="contractors"),
    "partner": Key(column="awardee_name", filter="contractors"),
    "category": Key(column="business_category", filter="business_categories"),
}
"""Name of a column of ``Flag.cases`` that holds a code -> whose it is."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A number by which is decided. ``{name}`` in the SQL of the flag stands for it."""

    name: str
    value: float
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of a case, which is a column of ``Flag.cases``."""

    name: str
    label: str
    type: FieldType


@dataclass(frozen=True, kw_only=True)
class Flag:
    """One flag. ``fields`` are the columns that it reads, ``needed`` the SQL condition under which a contract
    can be judged.

    ``cases`` is a SELECT over ``{judged}``, the contracts that can be judged with all of their columns. It
    gives ``strength`` (the greatest comes first), the columns of ``figures``, and what makes the case: the
    ``id`` of one contract, or the codes of ``keys`` with what ``members`` speaks of: the condition under
    which a judged contract ``j`` belongs to case ``c``.

    ``alike``: an SQL expression for a number, and how many contracts must agree in it; the others are left
    out before ``cases`` looks at anything. It may let too many through, never too few.
    """

    code: str
    title: str
    question: str
    formula: str
    source: str
    caution: str
    fields: tuple[str, ...]
    thresholds: tuple[Threshold, ...] = ()
    figures: tuple[Figure, ...] = ()
    keys: tuple[str, ...] = ()
    needed: str
    cases: str
    members: str = ""
    alike: tuple[str, int] | None = None
    by_limits: bool = False
    """Whether judged contracts have ``kind`` and ``top`` too (``contracts.flags.held``)."""
    joins: str = ""
    """Relations that ``members`` needs beside ``j`` and ``c``, as joins."""

    @property
    def of_contracts(self) -> bool:
        """Whether each case is one contract."""
        return not self.members

    def fill(self, sql: str, **relations: str) -> str:
        """``sql`` of this flag with the thresholds, and with ``relations`` in their places."""
        values = {one.name: f"{one.value:.10g}" for one in self.thresholds}
        return sql.format(**values, **relations)
