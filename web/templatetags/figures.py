"""Figures as people read them, for templates; the scripts' ``amounts.js`` says them alike."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()
_UNITS = ((12, "T"), (9, "B"), (6, "M"), (3, "K"))


@register.filter
def thousands(number: int | str) -> str:
    """A whole number: 1,234."""
    return f"{int(number):,}"


@register.filter
def pesos(amount: str | None) -> str:
    """₱1,234.50; a dash where there is none."""
    return "–" if amount is None else f"₱{Decimal(amount):,.2f}"


@register.filter
def short_pesos(amount: str | None) -> str:
    """Three digits of it: ₱1.23B; a dash where there is none."""
    if amount is None:
        return "–"
    # Rounded first, as 999,999 are a million in three digits.
    value = Decimal(f"{Decimal(amount):.2e}")
    for exponent, unit in _UNITS:
        if value >= Decimal(10) ** exponent:
            return f"₱{_trim(value.scaleb(-exponent))}{unit}"
    return f"₱{_trim(value)}"


@register.filter
def percent(share: float) -> str:
    """12.3 %, of a part from 0 to 1."""
    value = 100 * share
    return "< 0.1 %" if 0 < value < 0.1 else f"{value:.1f} %"


def _trim(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
