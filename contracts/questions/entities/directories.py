"""Which names of a kind a directory lists."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.questions.query import Page

PAGE_SIZE = 100
LETTERS = ("0-9", *"abcdefghijklmnopqrstuvwxyz")
"""What names begin with; the first one stands for digits and other scripts too."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A page of a directory: of the names that hold ``q`` and begin with ``letter``; None: with any."""

    q: str = ""
    letter: str | None = None
    page: int = 1

    @property
    def wanted_page(self) -> Page:
        return Page(number=self.page, size=PAGE_SIZE)
