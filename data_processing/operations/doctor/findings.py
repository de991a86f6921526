"""What the doctor says: how a part of the deployment is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``about`` is the part, ``text`` a sentence on how it is, ``advice`` what to do, empty where it is well.

    An error keeps a promise from being kept, now or at the next accident; a warning may be meant.
    """

    level: Level
    about: str
    text: str
    advice: str = ""


Findings = Iterator[Finding]
Check = Callable[[], Findings]


def ok(about: str, text: str) -> Finding:
    return Finding(level="ok", about=about, text=text)


def warning(about: str, text: str, advice: str) -> Finding:
    return Finding(level="warning", about=about, text=text, advice=advice)


def error(about: str, text: str, advice: str) -> Finding:
    return Finding(level="error", about=about, text=text, advice=advice)
