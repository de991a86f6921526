"""Figures in words, as the scripts say them."""

from __future__ import annotations

import pytest

from web.templatetags.figures import percent, pesos, short_pesos, thousands


@pytest.mark.parametrize(
    ("amount", "short"),
    [
        ("0.54", "₱0.54"),
        ("0.00", "₱0"),
        ("12.00", "₱12"),
        ("999.99", "₱1K"),
        ("1234.50", "₱1.23K"),
        ("987654.32", "₱988K"),
        ("999999.99", "₱1M"),
        ("1452654.32", "₱1.45M"),
        ("9999999999999999.99", "₱10000T"),
    ],
)
def test_amount_in_few_characters(amount: str, short: str) -> None:
    assert short_pesos(amount) == short


def test_exact_figures() -> None:
    assert pesos("1234567.80") == "₱1,234,567.80"
    assert pesos("9999999999999999.99") == "₱9,999,999,999,999,999.99"
    assert pesos(None) == short_pesos(None) == "–"
    assert thousands(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0.0 %"), (0.0004, "< 0.1 %"), (0.1234, "12.3 %"), (1, "100.0 %")]
)
def test_share_in_percent(share: float, words: str) -> None:
    assert percent(share) == words
