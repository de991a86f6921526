"""The address of a contract, which stays the same over dataset versions: ``<reference>/<award>``.

The first part is the reference ID, for a flood control project the project; the second is the award number,
else the contract number. Both are folded as numbers are looked up; ``-`` stands for one that is missing. A
contract without any number has no address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.questions.numbers import fold_number
from contracts.questions.texts import clean

REFERENCES = ("reference_id", "project_id")
AWARDS = ("award_number", "contract_number")
"""The columns of each part: the first that is filled counts."""
MISSING = "-"
MAX_PART = 1000
_PLAIN = re.compile(r"[A-Za-z0-9._-]")
_ESCAPED = re.compile(rb"~([0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Address:
    """Folded numbers; empty where the contract has none."""

    reference: str
    award: str

    @property
    def parts(self) -> tuple[str, str]:
        """Both as they stand in a path, of plain ASCII."""
        return _spell(self.reference), _spell(self.award)


def make_address(row: Mapping[str, object]) -> Address | None:
    """The address of a row that holds the columns above."""
    reference, award = (_fold_first(row, columns) for columns in (REFERENCES, AWARDS))
    return Address(reference, award) if reference or award else None


def read_address(reference: str, award: str) -> Address | None:
    """The address that parts of a path mean, however their numbers are written; None where that is none."""
    parts = [_read(part) for part in (reference, award)]
    if None in parts or not any(parts):
        return None
    return Address(*(part or "" for part in parts))


def _fold_first(row: Mapping[str, object], columns: tuple[str, ...]) -> str:
    known = next((number for column in columns if (number := row[column]) is not None), None)
    return "" if known is None else fold_number(str(known))


def _spell(number: str) -> str:
    if not number:
        return MISSING
    # Not by percent signs: servers and proxies resolve those, and a slash in a number would part the path.
    spelled = "".join(character if _PLAIN.match(character) else _escape(character) for character in number)
    # A dash alone stands for nothing, and clients take out parts of dots alone.
    return spelled if spelled.strip(".") and spelled != MISSING else "".join(map(_escape, number))


def _escape(character: str) -> str:
    return "".join(f"~{byte:02X}" for byte in character.encode())


def _read(part: str) -> str | None:
    if part == MISSING:
        return ""
    if len(part) > MAX_PART:
        return None
    try:
        # The escapes are bytes of UTF-8.
        text = _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), part.encode()).decode()
    except UnicodeError:
        return None
    known = clean(text)
    return fold_number(known) if known.strip() else None
