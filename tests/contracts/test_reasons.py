"""Every reason that a row or cell is of no use for has its words, and its row in the published rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from contracts.reasons import REASONS, Reason

RULES = Path(__file__).parents[2] / "docs" / "explanation" / "data.md"


def test_every_reason_has_words_for_people() -> None:
    assert set(REASONS) == set(get_args(Reason))


def test_rules_explain_exactly_the_reasons_that_there_are() -> None:
    tables = re.findall(r"^\| Reason of (?:rejection|repair) \|.*?\n\n", RULES.read_text(), re.M | re.S)
    explained = {reason for table in tables for reason in re.findall(r"^\| `(\w+)` \|", table, re.M)}
    assert explained == set(REASONS)
