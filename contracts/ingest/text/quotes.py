"""Taking out the lines with a quote that is never closed, before the parser joins them with others.

A cell that begins with a lone quote goes on to the next quote, lines further down, and the head of one row
and the tail of another become a row that does not exist. Only text that spans lines is looked at; nothing is
mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from contracts.errors import BadFile
from contracts.ingest.tables.batches import MAX_ROW_BYTES

# Stands for a line that was taken out: one cell, which is no row of any table, so that the line keeps its
# number.
BROKEN = b"\x1a"
# Of a megabyte, the arrays of places leave the processor's cache, and a cell with lines makes four times as
# many rows go the slow way: a fully quoted file took twice as long.
_PIECE = 1 << 18
# What follows a line that is taken out is looked at again. A file made of opening quotes would be looked at
# for ever, so that this may come to so many times the bytes read, and some beside.
_SPARE = 64 << 20
_REREAD = 2
# How far the end of a row is looked for whose quotes are wrong: real rows have 1 to 4 KB.
_WINDOW = 1 << 13
_QUOTE, _NEWLINE = 0x22, 0x0A
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class _Record:
    """What the parser would take for one record: up to where, whether its quotes all stand at edges of
    cells, and whether they all end."""

    end: int
    is_well_formed: bool = True
    is_closed: bool = True


class CheckedLines:
    """The bytes of ``file`` from its position on, to be read by a parser; lines that cannot be trusted are
    BROKEN.

    ``counts`` are the numbers of cells that a whole row may have, ``line`` is that in which ``file`` stands.
    """

    def __init__(
        self, file: IO[bytes], *, name: str, delimiter: str, counts: frozenset[int], line: int
    ) -> None:
        self.closed = False
        self._file, self._name, self._counts, self._line = file, name, counts, line
        self._delimiter, self._fewest = delimiter.encode(), min(counts) - 1
        mark = re.escape(self._delimiter)
        # All repetitions are possessive (*+, ++): what one has taken it does not give back, so that the time
        # grows with the length of a line and not with its square.
        plain, quoted = rb"[^%s\r\n]*+" % mark, rb'"(?:[^"]++|"")*+"'
        sound = rb'(?:%s|[^"%s\r\n]*+)' % (quoted, mark)
        self._sound = re.compile(rb"%(c)s(?:%(d)s%(c)s)*+(?:\r?\n|\r|\Z)" % {b"c": sound, b"d": mark})
        joined = rb'(?:%s%s|(?!")%s)' % (quoted, plain, plain)
        self._joined = re.compile(rb"%(c)s(?:%(d)s%(c)s)*+(?:\r?\n|\r|\Z)" % {b"c": joined, b"d": mark})
        edged = rb'(?:"(?:[^"]++|"(?!%s|[\r\n]|\Z))*+"|(?!")%s)' % (mark, plain)
        self._edged = re.compile(rb"%(c)s(?:%(d)s%(c)s)*+(?:\r?\n|\r|\Z)" % {b"c": edged, b"d": mark})
        self._edged_cell = re.compile(rb"(?:\A|%s)%s" % (mark, edged))
        self._cell = re.compile(rb"(?:\A|%s)(?:%s%s|%s)" % (mark, quoted, plain, plain))
        self._edges = np.zeros(256, dtype=bool)
        self._edges[[*delimiter.encode(), _NEWLINE, 0x0D, _QUOTE]] = True
        self._looked, self._again = 0, 0
        self._ready = b""
        self._pieces = self._check_pieces()

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, none only at the end; they end with a record, unless that alone is longer.
        Raises BadFile where a quote leaves no way to go on."""
        parts: list[bytes] = []
        free = size
        while free and (piece := self._ready or next(self._pieces, b"")):
            # Whole pieces need not be cut and copied again, and leave the parser no rest to carry on.
            taken = 0 if parts and len(piece) > free else free
            parts.append(piece[:taken])
            self._ready = piece[taken:]
            free = 0 if self._ready else free - len(piece)
        return b"".join(parts)

    def close(self) -> None:
        self.closed = True

    def _check_pieces(self) -> Iterator[bytes]:
        rest, final = b"", False
        while not final:
            piece = self._file.read(max(_PIECE, len(rest)))  # a long record is looked at from its beginning
            self._looked += len(piece)
            final = not piece
            block = rest + piece
            clean = self._locate_clean_end(block, final)
            if clean is None:
                checked, end = self._walk(block, final)
            else:
                end, lines = clean
                checked = block[:end]
                self._line += lines
            rest = block[end:]
            if checked:
                yield checked

    def _locate_clean_end(self, block: bytes, final: bool) -> tuple[int, int] | None:
        """Where the last whole row of ``block`` ends and how many newlines there are up to there, if no cell
        spans lines and all quotes stand at edges of cells.

        A quote is an opening one where an even number of them stands before it.
        """
        # Between newlines, so that quotes at both ends of the block stand at edges as well.
        data = np.frombuffer(b"\n%s\n" % block, np.uint8)
        quotes = np.flatnonzero(data == _QUOTE)
        if not (self._edges[data[quotes[::2] - 1]].all() and self._edges[data[quotes[1::2] + 1]].all()):
            return None
        # A newline with an odd number of quotes before it stands within a cell.
        newlines = np.flatnonzero(data[:-1] == _NEWLINE)
        if (np.searchsorted(quotes, newlines) & 1).any() or (final and len(quotes) & 1):
            return None
        return len(block) if final else int(newlines[-1]), len(newlines) - 1

    def _walk(self, block: bytes, final: bool) -> tuple[bytes, int]:
        """The same, record by record: what may be read, and where the last whole record ends."""
        out: list[bytes] = []
        at = 0
        while at < len(block):
            record = self._read_record(block, at, final)
            if record is None:
                break
            if self._is_whole(block, at, record):
                out.append(block[at : record.end])
                self._line += out[-1].count(b"\n")
                at = record.end
                continue
            lines = _LINE.findall(block, at, record.end)
            broken = self._count_broken(lines, record, cut_off=final)
            read = lines[: broken or len(lines)]
            at += sum(map(len, read))
            if broken:
                self._note_again(record.end - at)
                read = [BROKEN + b"\n" if line.strip() else b"\n" for line in read]
            out += read
            self._line += len(read)
        return b"".join(out), at

    def _is_whole(self, block: bytes, at: int, record: _Record) -> bool:
        """Whether a record is one line, or sound and begins with a line that is no whole row: most are."""
        stop = block.find(b"\n", at) + 1 or len(block)
        if stop >= record.end:
            return record.is_closed
        return record.is_well_formed and not self._is_row(block[at:stop])

    def _read_record(self, block: bytes, at: int, final: bool) -> _Record | None:
        """The record that begins at ``at``; None where more of the file must be seen to tell."""
        stop = block.find(b"\n", at) + 1 or len(block)
        if block.find(b'"', at, stop) < 0:
            record = _Record(stop)
        elif match := self._sound.match(block, at):
            record = _Record(match.end())
        elif match := self._joined.match(block, at):
            record = _Record(match.end(), is_well_formed=False)
            if record.end <= stop and not self._is_row(block[at:stop]):
                if not final and len(block) - at < _WINDOW:
                    return None
                record = self._read_edged(block, at) or record
        else:
            record = _Record(len(block), is_well_formed=False, is_closed=False)
        is_whole = record.end < len(block) or (block[-1] == _NEWLINE and record.is_closed)
        return record if final or is_whole or len(block) - at > MAX_ROW_BYTES else None

    def _read_edged(self, block: bytes, at: int) -> _Record | None:
        """The row that begins at ``at``, if it is one when quotes within cells are text: else the parser may
        take a line in the middle of a cell for a row."""
        match = self._edged.match(block, at, at + _WINDOW)
        self._note_again(match.end() - at if match else _WINDOW)
        if match is None or match.end() == at + _WINDOW:
            return None
        if len(self._edged_cell.findall(match[0].rstrip(b"\r\n"))) not in self._counts:
            return None
        return _Record(match.end(), is_well_formed=False)

    def _count_broken(self, lines: list[bytes], record: _Record, *, cut_off: bool) -> int:
        """How many of these lines, which the parser would join, are to be taken out.

        A line that is a whole row when its quote is taken for text is one. A record that is not sound and
        whose first line is no whole row is no sound cell with lines either, and what its lines are is not
        known.
        """
        if not record.is_well_formed and self._is_row(lines[0]):
            return 1
        if not record.is_closed:
            if not cut_off or any(map(self._is_row, lines)):
                raise BadFile(
                    self._name,
                    f"a quote that is never closed, or more than {MAX_ROW_BYTES:,} bytes further down;"
                    " close or remove it, or get the file again if it was cut off",
                    line=self._line,
                )
            return len(lines)
        if not record.is_well_formed:
            return len(lines)
        if not self._is_row(lines[-1]):
            return 0
        # Even a record without a fault may be the head of one row and the tail of another: where each of its
        # lines would be a whole row, nobody can tell.
        return 1 if len(lines) > 2 and all(map(self._is_row, lines)) else len(lines)

    def _is_row(self, line: bytes) -> bool:
        """Whether a line alone is a whole row, if a quote that it does not close is text."""
        if line.count(self._delimiter) < self._fewest:
            return False
        return len(self._cell.findall(line.rstrip(b"\r\n"))) in self._counts

    def _note_again(self, size: int) -> None:
        self._again += size
        if self._again > _SPARE + _REREAD * self._looked:
            raise BadFile(
                self._name,
                "again and again quotes are opened and not closed; write it anew, with quotes around cells",
                line=self._line,
            )
