"""An alert in words, for feeds, mails and whoever else shows text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from django.conf import settings

from contracts.fields import Also, Pesos
from monitors.models import Alert

NAMED = 3
"""Searches that a title of several alerts names."""


class Match(TypedDict):
    """A contract of an alert. ``before`` is the amount that was seen before, null for a new one; ``path`` is
    where the contract stands on this site, null where it has no number."""

    change: Literal["new", "amended"]
    title: str | None
    contractor: str | None
    organization: str | None
    award_date: Annotated[str, Also(format="date")] | None
    amount: Pesos
    before: Pesos | None
    path: str | None


def sum_up(alert: Alert) -> str:
    """ "3 new contracts worth 1,200,000.00 pesos, 1 with another amount"."""
    parts = []
    if alert.new:
        value = f"worth {alert.new_value:,.2f} pesos"
        parts.append(f"{_count(alert.new, 'new contract')} {value}")
    if alert.amended:
        parts.append(f"{_count(alert.amended, 'contract')} with another amount")
    return ", ".join(parts)


def title_of(alerts: Sequence[Alert]) -> str:
    """What a message tells, in a line: "Dikes: 3 new contracts ...", or how many alerts of which searches."""
    if len(alerts) == 1:
        return f"{alerts[0].monitor.search.name}: {sum_up(alerts[0])}"
    names = list(dict.fromkeys(alert.monitor.search.name for alert in alerts))
    more = f" and {_count(len(names) - NAMED, 'other')}" if len(names) > NAMED else ""
    return f"{_count(len(alerts), 'alert')}: {', '.join(names[:NAMED])}{more}"


def link_to(alert: Alert) -> str:
    """Where people read it."""
    return f"{settings.SITE_URL.rstrip('/')}/saved/#alert-{alert.pk}"


def tell_match(match: Match) -> str:
    """One contract in a line."""
    names = [match["title"] or "(no title)", match["contractor"], match["organization"], match["award_date"]]
    told = " · ".join(name for name in names if name)
    return f"{told} · {say_amount(match)}"


def say_amount(match: Match) -> str:
    """Its amount, and where it is amended the one that was seen before."""
    amount = f"{Decimal(match['amount']):,.2f} pesos"
    before = match["before"]
    return amount if before is None else f"{amount}, before {Decimal(before):,.2f} pesos"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
