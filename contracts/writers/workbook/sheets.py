"""A workbook in parts: each sheet as a file of its own, written anywhere, and the workbook joined of them.

The joined workbook is, byte for byte, the one that ``write_xlsx`` makes. A sheet's file: its checksum, sizes
and cut texts (SHEET_FACTS, little endian), then the deflated XML as it stands in the package.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from contracts.fields import Field, FieldType
from contracts.progress import Progress
from contracts.writers.outfile import Rows, Writing, Written, open_whole, write_behind
from contracts.writers.workbook.about import About
from contracts.writers.workbook.package import CONTENT_TYPES, Frame, build_package
from contracts.writers.workbook.row_xml import Piece, clean_xml, select_xml, split_sheets
from contracts.writers.workbook.zip_stream import Deflation, Packed, ZipStream

SHEET_FACTS = struct.Struct("<I3Q")


@dataclass(frozen=True, kw_only=True)
class SheetPlan:
    """All that whoever writes one sheet must know beside the rows: which rows, and what is around them."""

    places: range
    frame: Frame
    styles: Mapping[FieldType, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "start": self.places.start,
            "stop": self.places.stop,
            "name": self.frame.name,
            "head": self.frame.head.decode(),
            "tail": self.frame.tail.decode(),
            "styles": {type_.value: number for type_, number in self.styles.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SheetPlan:
        return cls(
            places=range(data["start"], data["stop"]),
            frame=Frame(name=data["name"], head=data["head"].encode(), tail=data["tail"].encode()),
            styles={FieldType(name): number for name, number in data["styles"].items()},
        )


def plan_sheets(fields: Sequence[Field], about: About, parts: Sequence[range]) -> list[SheetPlan]:
    """What the sheets are that hold the rows of ``parts``."""
    package = build_package(fields, about, sheets=[len(places) for places in parts])
    return [
        SheetPlan(places=places, frame=frame, styles=package.styles)
        for places, frame in zip(parts, package.frames, strict=True)
    ]


def write_sheet(source: Rows, path: Path, *, plan: SheetPlan, batch_rows: int = 5_000) -> Writing:
    """Write one sheet of the rows of ``source`` to ``path``, yielding rows done of this sheet.

    Errors and early closing: as ``write_xlsx``.
    """
    rows = len(plan.places)
    select = select_xml(source.fields, styles=plan.styles, sheet_rows=rows)
    with open_whole(path) as file:
        sheet = _Sheet(file, plan.frame)
        batches = source.stream(select=select, batch_rows=batch_rows, places=plan.places)
        pieces = (
            (piece.rows, partial(sheet.append, piece)) for piece in split_sheets(batches, sheet_rows=rows)
        )
        yield from write_behind(pieces, total_rows=rows)
        sheet.close()
    return Written(cut_texts=sheet.cut_texts)


def join_sheets(
    path: Path, sheets: Sequence[Path], *, fields: Sequence[Field], about: About, plans: Sequence[SheetPlan]
) -> Writing:
    """Write the workbook of ``sheets``, the files of ``plans`` in order, to ``path``. Only copies rows."""
    rows = [len(plan.places) for plan in plans]
    total = sum(rows)
    with ExitStack() as opened, open_whole(path) as file:
        sources = [opened.enter_context(sheet.open("rb")) for sheet in sheets]
        facts = [SHEET_FACTS.unpack(source.read(SHEET_FACTS.size)) for source in sources]
        # The sheet About says how many, and is made here for that reason.
        cut_texts = sum(cut for *_, cut in facts)
        package = build_package(fields, about, sheets=rows, cut_texts=cut_texts)
        archive = ZipStream(file)
        archive.add(CONTENT_TYPES, package.parts[CONTENT_TYPES])
        for source, plan, (crc, packed, size, _) in zip(sources, plans, facts, strict=True):
            archive.copy(plan.frame.name, Packed(crc, packed, size), source)
            yield Progress(phase="writing rows", current=total, total=total)
        for name, data in package.parts.items():
            if name != CONTENT_TYPES:
                archive.add(name, data)
        archive.close()
    return Written(cut_texts=cut_texts)


class _Sheet:
    """A sheet's file while it fills."""

    def __init__(self, file: BinaryIO, frame: Frame) -> None:
        self._file = file
        self._tail = frame.tail
        self.cut_texts = 0
        # Room for what is known at the end.
        file.write(bytes(SHEET_FACTS.size))
        self._deflation = Deflation(file.write)
        self._deflation.append(frame.head)

    def append(self, piece: Piece) -> None:
        self._deflation.append(clean_xml(piece))
        self.cut_texts += piece.cut_texts

    def close(self) -> None:
        self._deflation.append(self._tail)
        content = self._deflation.end()
        self._file.seek(0)
        self._file.write(SHEET_FACTS.pack(content.crc, content.packed, content.size, self.cut_texts))
