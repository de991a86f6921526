"""The words of PhilGEPS -> the codes of OCDS 1.1. What is not known here stays out: no code is guessed."""

from __future__ import annotations

# By how many suppliers could take part, as the Implementing Rules of Republic Acts 9184 (Rule XVI) and 12009
# describe the modes. Small value procurement and shopping ask at least three suppliers for prices.
_METHODS: tuple[tuple[str, str], ...] = (
    ("direct", "direct"),
    ("repeat order", "direct"),
    ("agency-to-agency", "direct"),
    ("agency to agency", "direct"),
    ("adjacent or contiguous", "direct"),
    ("take-over", "direct"),
    ("limited source", "selective"),
    ("public bidding", "open"),
    ("competitive bidding", "open"),
    ("quality-based evaluation", "open"),
    ("quality-cost based", "open"),
    ("competitive dialogue", "open"),
    ("shopping", "limited"),
    ("small value", "limited"),
    ("negotiated", "limited"),
    ("highly technical", "direct"),
)
"""What is in a procurement mode, in lower case -> its code of method.csv; the first that fits counts."""
_CATEGORIES = {
    "goods": ("goods", None),
    "goods - general support services": ("services", None),
    "civil works": ("works", None),
    "infrastructure projects": ("works", None),
    "consulting services": ("services", "consultingServices"),
}
"""Classification -> code of procurementCategory.csv, and perhaps of extendedProcurementCategory.csv."""
_STATUSES: tuple[tuple[str, str], ...] = (
    ("cancel", "cancelled"),
    ("fail", "unsuccessful"),
    ("posted", "active"),
    ("award", "active"),
    ("active", "active"),
    ("publish", "active"),
)


def find_method(mode: str | None) -> str | None:
    """``open``, ``selective``, ``limited`` or ``direct``."""
    return _find(_METHODS, mode)


def find_status(award_status: str | None) -> str | None:
    """The status of an award."""
    return _find(_STATUSES, award_status)


def find_category(classification: str | None, *, flood_control: bool) -> tuple[str | None, str | None]:
    """What is mainly bought, and what more closely."""
    # The second source says the type of work there, such as "Construction of Revetment".
    return ("works", None) if flood_control else _CATEGORIES.get((classification or "").lower(), (None, None))


def _find(codes: tuple[tuple[str, str], ...], text: str | None) -> str | None:
    words = (text or "").lower()
    return next((code for part, code in codes if part in words), None)
