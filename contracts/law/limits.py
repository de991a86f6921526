"""The dated limits of Philippine procurement, one row for each that was found in a primary text.

Amounts are pesos of the approved budget (ABC), not of the contract, and the row that holds is that of the day
on which the opportunity was advertised (GPPB-TSO, NPM 136-2016). A row without an amount says that a limit
held whose amount nobody has found in a primary text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.law.buyers import NATIONAL

CHECKED = date(2026, 11, 26)
"""The day on which the texts were read. The GPPB may amend amounts."""

MODES: Mapping[str, str] = {
    "small_value": "Small value procurement",
    "shopping_unforeseen": "Shopping for unforeseen needs, 52.1(a)",
    "shopping_regular": "Shopping for ordinary supplies, 52.1(b)",
    "direct_acquisition": "Direct acquisition",
    "no_posting": "No notice need be posted up to",
    "livestream": "Competitive bidding must be recorded and livestreamed above",
}
"""What a limit is of -> in words."""

SURE, TRANSITION, UNKNOWN = "sure", "transition", "unknown"
CERTAINTIES: Mapping[str, str] = {
    SURE: "the amount stands in the text that is cited",
    TRANSITION: "a newer law was in force without its rules; the older amounts were used in practice",
    UNKNOWN: "a limit held, and its amount was not found in a primary text",
}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One row. It holds from ``start`` to ``end``, both included; None: until further notice. ``buyer`` and
    ``income_class`` None: of all of them. ``purchase`` says of what, where the limit is not of everything."""

    start: date
    end: date | None
    law: str
    section: str
    mode: str
    buyer: str | None = None
    income_class: int | None = None
    purchase: str | None = None
    amount: Decimal | None
    source: str
    checked: date = CHECKED
    certainty: str = SURE

    def holds_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


Classes = Mapping[str, Sequence[int]]
"""Kind of buyer -> limits in thousands of pesos, from income class 1 on; a single one is of all classes."""

_IRR_2009 = "RA 9184, revised IRR of 2009"
_IRR_2016 = "RA 9184, revised IRR of 2016"
_IRR_2025 = "RA 12009, IRR of 2025"
_ANNEX_H = "Annex H of the 2016 revised IRR"
_IRR_TEXT = "IRR of RA 12009, GPPB Resolution 02-2025, published 2025-02-10"
# The revised rules of 2016 held until those of RA 12009, which was in force without rules from 2024-08-13 on.
_OF_2016 = (
    (date(2016, 10, 28), date(2024, 8, 12), SURE),
    (date(2024, 8, 13), date(2025, 2, 24), TRANSITION),
)
_OF_2025 = date(2025, 2, 25)

_SMALL_2016: Classes = {
    NATIONAL: (1000,),
    "province": (1000, 1000, 1000, 800, 600, 400),
    "city": (1000, 1000, 800, 600, 400, 200),
    "municipality": (200, 200, 200, 100, 100, 100),
    "barangay": (50,),
}
_UNFORESEEN_2016: Classes = {
    NATIONAL: (200,),
    "province": (200, 200, 200, 160, 120, 100),
    "city": (200, 200, 160, 120, 100, 100),
    "municipality": (100,),
    "barangay": (50,),
}
_SMALL_2025: Classes = {
    NATIONAL: (2000,),
    "province": (2000, 2000, 2000, 1600, 1200),
    "city": (2000, 2000, 1600, 1200, 800),
    "municipality": (400, 400, 400, 200, 200),
    "barangay": (100,),
}
_LIVESTREAM_2025: Mapping[str, int] = {"goods": 10_000, "works": 20_000, "consulting": 5_000}


def _list_first() -> Iterator[Limit]:
    """Those before 2016. Local governments had tables of their own, which were not found."""
    yield Limit(
        start=date(2006, 1, 20),
        end=date(2009, 9, 1),
        law="RA 9184, IRR-A",
        section="53(h)",
        mode="small_value",
        purchase="goods",
        amount=Decimal(50_000),
        source="GPPB-TSO NPM 013-2007, quoting Resolution 04-2006",
    )
    small = Limit(
        start=date(2009, 9, 2),
        end=date(2016, 10, 27),
        law=_IRR_2009,
        section="53.9",
        mode="small_value",
        buyer=NATIONAL,
        amount=Decimal(500_000),
        source="GPPB-TSO NPM 051-2015; date: Resolution 09-2009",
    )
    yield small
    missing = "not found in a primary text"
    for buyer in ("province", "city", "municipality", "barangay"):
        yield replace(small, buyer=buyer, amount=None, source=missing, certainty=UNKNOWN)
    for mode in ("shopping_unforeseen", "shopping_regular"):
        section = MODES[mode].rpartition(" ")[2]
        yield replace(
            small, mode=mode, section=section, buyer=None, amount=None, source=missing, certainty=UNKNOWN
        )


def _list_2016() -> Iterator[Limit]:
    tables = (
        ("small_value", "53.9", _SMALL_2016),
        ("shopping_regular", "52.1(b)", _SMALL_2016),
        ("shopping_unforeseen", "52.1(a)", _UNFORESEEN_2016),
    )
    for start, end, certainty in _OF_2016:
        for mode, section, table in tables:
            national = "GPPB-TSO NPM 098-2017; date: NPM 136-2016"
            yield from _list_classes(
                table,
                {NATIONAL: national},
                Limit(
                    start=start,
                    end=end,
                    law=_IRR_2016,
                    section=section,
                    mode=mode,
                    amount=None,
                    source=_ANNEX_H,
                    certainty=certainty,
                ),
            )
        yield Limit(
            start=start,
            end=end,
            law=_IRR_2016,
            section="Annex H",
            mode="no_posting",
            amount=Decimal(50_000),
            source=_ANNEX_H,
            certainty=certainty,
        )


def _list_2025() -> Iterator[Limit]:
    row = Limit(
        start=_OF_2025,
        end=None,
        law=_IRR_2025,
        section="32.1",
        mode="direct_acquisition",
        amount=Decimal(200_000),
        source=_IRR_TEXT,
    )
    yield row
    yield from _list_classes(_SMALL_2025, {}, replace(row, section="34.1, 34.2", mode="small_value"))
    yield replace(row, section="34.3(b)", mode="no_posting")
    for purchase, thousands in _LIVESTREAM_2025.items():
        yield replace(
            row, section="38.3", mode="livestream", purchase=purchase, amount=Decimal(thousands * 1000)
        )


def _list_classes(table: Classes, sources: Mapping[str, str], row: Limit) -> Iterator[Limit]:
    """A row for each kind of buyer and income class of a table."""
    for buyer, limits in table.items():
        for place, thousands in enumerate(limits, start=1):
            yield replace(
                row,
                buyer=buyer,
                income_class=place if len(limits) > 1 else None,
                amount=Decimal(thousands * 1000),
                source=sources.get(buyer, row.source),
            )


LIMITS: Sequence[Limit] = (*_list_first(), *_list_2016(), *_list_2025())
"""All rows, the oldest first."""
