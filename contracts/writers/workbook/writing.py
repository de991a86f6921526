"""Stream rows into a workbook on disk."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from contracts.writers.excel import SHEET_ROWS
from contracts.writers.outfile import Rows, Writing, Written, open_whole, write_behind
from contracts.writers.workbook.about import About
from contracts.writers.workbook.package import CONTENT_TYPES, Package, build_package
from contracts.writers.workbook.row_xml import Piece, clean_xml, select_xml, split_sheets
from contracts.writers.workbook.zip_stream import ZipStream


def write_xlsx(
    source: Rows,
    path: Path,
    *,
    about: About,
    total_rows: int,
    sheet_rows: int = SHEET_ROWS,
    batch_rows: int = 5_000,
) -> Writing:
    """Write the rows of ``source`` to ``path``, yielding rows done of ``total_rows``.

    They stand on sheets such as "Contracts", "Contracts 2"..., ``sheet_rows`` rows each, then a sheet
    "About". Equal rows and an equal ``about`` give equal bytes. ``total_rows`` must be exact.
    On any error, and when the generator is closed early, nothing is left at ``path``. Raises OutOfSpace
    (retryable), QueryInterrupted, and ReconciliationFailed where ``source`` gives another number of rows.
    """
    # An answer without rows still has a sheet, with its header.
    sheets = [min(sheet_rows, total_rows - start) for start in range(0, total_rows, sheet_rows)] or [0]
    package = build_package(source.fields, about, sheets=sheets)
    select = select_xml(source.fields, styles=package.styles, sheet_rows=sheet_rows)
    with open_whole(path) as file:
        output = _Output(ZipStream(file), package)
        output.begin()
        batches = source.stream(select=select, batch_rows=batch_rows)
        pieces = (
            (piece.rows, partial(output.append, piece))
            for piece in split_sheets(batches, sheet_rows=sheet_rows)
        )
        yield from write_behind(pieces, total_rows=total_rows)
        # Built once more, because the sheet About says how many texts were cut.
        cut_texts = output.cut_texts
        output.close(build_package(source.fields, about, sheets=sheets, cut_texts=cut_texts))
    return Written(cut_texts=cut_texts)


class _Output:
    """The archive while its sheets fill one after the other."""

    def __init__(self, archive: ZipStream, package: Package) -> None:
        self._archive = archive
        self._package = package
        self._sheet = 0
        self.cut_texts = 0

    def begin(self) -> None:
        self._archive.add(CONTENT_TYPES, self._package.parts[CONTENT_TYPES])
        self._begin_sheet()

    def append(self, piece: Piece) -> None:
        while self._sheet < piece.sheet:
            self._end_sheet()
            self._sheet += 1
            self._begin_sheet()
        self._archive.append(clean_xml(piece))
        self.cut_texts += piece.cut_texts

    def close(self, package: Package) -> None:
        """Finish with the parts of ``package``, which knows what was found on the way."""
        self._end_sheet()
        for name, data in package.parts.items():
            if name != CONTENT_TYPES:
                self._archive.add(name, data)
        self._archive.close()

    def _begin_sheet(self) -> None:
        self._archive.begin(self._package.frames[self._sheet].name)
        self._archive.append(self._package.frames[self._sheet].head)

    def _end_sheet(self) -> None:
        self._archive.append(self._package.frames[self._sheet].tail)
        self._archive.end()
