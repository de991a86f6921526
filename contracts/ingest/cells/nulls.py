"""What stands for nothing in the cells of raw files."""

from __future__ import annotations

NULL_WORDS = (
    *("", "-", "--", r"\n", "na", "n/a", "nan", "nat", "none", "null", "(null)", "<na>"),
    *("#n/a", "#n/a n/a", "#na", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!"),
)
"""In lower case: words of databases, of pandas and R, and Excel's errors."""
