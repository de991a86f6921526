"""How large and how dirty a sample is to be. Knows nothing of how it is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SampleShape:
    """How large and how dirty a sample is: exactly one of ``contracts`` and ``rows`` is given.

    ``contracts``: awards that a correct import holds from the main source. ``rows``: raw rows in all files
    together. ``flood_rows``: rows of the second source (imported ones when ``contracts`` is given), else 1 %.
    """

    contracts: int | None = None
    rows: int | None = None
    seed: int = 1
    unawarded_share: float = 0.33
    lines_per_award: float = 1.6
    faults: bool = True
    flood_rows: int | None = None

    def __post_init__(self) -> None:
        if (self.contracts is None) == (self.rows is None):
            raise ValueError("a sample is measured in contracts or in rows: give one of them")
        if self.main_size < 0 or self.flood_size < 0:
            raise ValueError(f"a sample cannot have a negative size: {self}")
        if not 0 <= self.unawarded_share < 1:
            raise ValueError(f"unawarded_share must be from 0 to below 1, got {self.unawarded_share}")
        if not 1 <= self.lines_per_award <= 10:
            raise ValueError(f"lines_per_award must be from 1 to 10, got {self.lines_per_award}")

    @property
    def flood_size(self) -> int:
        size = self.contracts if self.contracts is not None else self.rows or 0
        return -(-size // 100) if self.flood_rows is None else self.flood_rows

    @property
    def main_size(self) -> int:
        return self.contracts if self.contracts is not None else (self.rows or 0) - self.flood_size

    @property
    def rows_per_contract(self) -> float:
        return self.lines_per_award / (1 - self.unawarded_share)
