"""Readers of values from outside. Each takes a value and the JSON pointer (RFC 6901) to it, and gives the
value checked, or raises InvalidQuery with the pointer of the culprit.

Query parameters are read by them as they are, models by ``contracts.questions.model.check_by``.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import date

from contracts.errors import InvalidQuery

SURROGATE = re.compile("[\ud800-\udfff]")
# PhilGEPS opened in 2000.
FIRST_YEAR, LAST_YEAR = 2000, 2100
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def integer(value: int | str, pointer: str, *, low: int, high: int) -> int:
    """A whole number in [low, high]; text is none."""
    if not isinstance(value, int):
        raise InvalidQuery(pointer, f"expected a whole number, got {shown(value)}")
    if not low <= value <= high:
        raise InvalidQuery(pointer, f"must be from {low} to {high}, got {shown(value)}")
    return value


def choice(value: str, pointer: str, choices: Sequence[str]) -> str:
    """One of ``choices``."""
    if value not in choices:
        raise InvalidQuery(pointer, f"must be one of {', '.join(choices)}, got {shown(value)}")
    return value


def string(value: str, pointer: str, *, at_most: int) -> str:
    """Text of at most so many characters that can be stored."""
    storable(value, pointer)
    if len(value) > at_most:
        raise InvalidQuery(pointer, f"at most {at_most} characters, got {len(value)}")
    return value


def storable(value: str, pointer: str) -> str:
    """Text that can be stored: databases take no NUL, and UTF-8 no lone surrogate."""
    if "\x00" in value:
        raise InvalidQuery(pointer, "must not contain a NUL character")
    if not value.isascii() and SURROGATE.search(value):
        raise InvalidQuery(pointer, "must be valid Unicode, got a lone surrogate")
    return value


def identifier(value: object, pointer: str) -> uuid.UUID:
    """A UUID as RFC 9562 writes it."""
    # uuid.UUID() alone takes braces, underscores and other scripts' digits as well.
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
        raise InvalidQuery(pointer, f"expected a UUID, got {shown(value)}")
    return uuid.UUID(value)


def day(value: object, pointer: str) -> date:
    """A day of the years that contracts can be of, as YYYY-MM-DD."""
    parsed = _parse_day(value) if isinstance(value, str) else None
    if parsed is None or not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        expected = f"a date YYYY-MM-DD, years {FIRST_YEAR} to {LAST_YEAR}"
        raise InvalidQuery(pointer, f"expected {expected}, got {shown(value)}")
    return parsed


def _parse_day(text: str) -> date | None:
    # date.fromisoformat takes weeks and days without hyphens as well.
    if not ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def point(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path of keys and indexes."""
    return "".join(f"/{show_key(str(part)).replace('~', '~0').replace('/', '~1')}" for part in path)


def show_key(key: str) -> str:
    """A key that may be anything, as text of bounded length that can be encoded."""
    # JSON may hold half of a surrogate pair (\ud800), which no answer in UTF-8 can repeat.
    return key[:100].encode("utf-8", "replace").decode()


def shown(value: object) -> str:
    """A value as an error message shows it."""
    # Python raises ValueError rather than write out a number of more than 4,300 digits.
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge number"
    # ASCII, so that neither control characters nor marks of writing direction turn a log or a page around.
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
