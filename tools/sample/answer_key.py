"""What a correct import of the sample must find, file by file, and its JSON form. Knows no file format."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

ANSWER_KEY = "answer-key.json"


@dataclass(frozen=True, kw_only=True)
class RejectedRow:
    """A row that no award can be made of. ``row`` is the record's number in its file, counted from 1.

    A ragged row has neither ``column`` nor ``value``: its texts cannot be assigned to columns.
    """

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RepairedCell:
    """A cell of an imported award that cannot be used and becomes a missing value."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FileAnswer:
    """What becomes of the rows of one file.

    ``total_value`` is pesos over the imported awards; ``award_days`` the sum of their award dates as days
    since 1970-01-01, which no wrong order of day and month survives; ``undated`` counts those without a date,
    ``line_items`` the rows of awards that are no copies of rows of an earlier file.
    """

    file: str
    generation: str
    read: int
    imported: int
    collapsed: int
    unawarded: int
    duplicates: int
    rejected: tuple[RejectedRow, ...]
    repaired: tuple[RepairedCell, ...]
    total_value: Decimal
    award_days: int
    undated: int
    line_items: int

    @property
    def accounted(self) -> int:
        return self.imported + self.collapsed + self.unawarded + self.duplicates + len(self.rejected)


@dataclass(frozen=True, kw_only=True)
class AnswerKey:
    """``files`` stand in the order in which they are to be imported, with ``as_of`` as the day of the import.

    ``rows`` and ``total_value`` count both sources, ``flood_*`` the second one alone. ``faults`` says how
    often each kind of fault was put in.
    """

    as_of: date
    seed: int
    rows: int
    total_value: Decimal
    flood_rows: int
    flood_value: Decimal
    faults: dict[str, int]
    files: tuple[FileAnswer, ...]

    @property
    def read(self) -> int:
        return sum(file.read for file in self.files)

    def paths(self, folder: Path) -> list[Path]:
        """The sample's files in ``folder``, in the order of import."""
        return [folder / file.file for file in self.files]

    def write(self, folder: Path) -> Path:
        """Write ``answer-key.json`` into ``folder``; returns its path."""
        path = folder / ANSWER_KEY
        path.write_text(json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path

    def to_json(self) -> dict[str, Any]:
        files = [{**asdict(file), "total_value": str(file.total_value)} for file in self.files]
        return {
            **asdict(self),
            "as_of": self.as_of.isoformat(),
            "total_value": str(self.total_value),
            "flood_value": str(self.flood_value),
            "files": files,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> AnswerKey:
        return cls(
            **{
                **data,
                "as_of": date.fromisoformat(data["as_of"]),
                "total_value": Decimal(data["total_value"]),
                "flood_value": Decimal(data["flood_value"]),
                "files": tuple(_read_file(file) for file in data["files"]),
            }
        )

    @classmethod
    def read_from(cls, folder: Path) -> AnswerKey:
        """The answer key that stands beside the sample's files in ``folder``."""
        return cls.from_json(json.loads((folder / ANSWER_KEY).read_text(encoding="utf-8")))


def _read_file(data: dict[str, Any]) -> FileAnswer:
    return FileAnswer(
        **{
            **data,
            "rejected": tuple(RejectedRow(**row) for row in data["rejected"]),
            "repaired": tuple(RepairedCell(**cell) for cell in data["repaired"]),
            "total_value": Decimal(data["total_value"]),
        }
    )
