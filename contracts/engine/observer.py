"""Whom the engine tells what it does, for figures of operators."""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Is told in the thread that does the work, and must be quick."""

    def note_statement(self, seconds: float) -> None:
        """A statement took DuckDB so long, with the reading of its rows."""

    def note_lookup(self, cache: str, *, hit: bool) -> None:
        """An answer was looked for in a cache of the engine."""


class Nobody:
    """Is told in vain."""

    def note_statement(self, seconds: float) -> None: ...

    def note_lookup(self, cache: str, *, hit: bool) -> None: ...
