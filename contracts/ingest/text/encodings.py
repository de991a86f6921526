"""Text files of any encoding -> UTF-8.

A file that is sound UTF-8, as nearly all are, is read where it lies; any other is copied.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from contracts.errors import BadFile
from contracts.ingest.tables.batches import MAX_ROW_BYTES, Decoding

UTF_8, WINDOWS_1252 = "utf-8", "windows-1252"
_CHUNK = 1 << 20
# So many bytes show whether a file is UTF-16, and how its lines end.
_HEAD = 1 << 16
_BLANK_LINES = (b"\n\n", b"\n\r\n", b"\r\r")
# So few line breaks in a megabyte are not looked at for empty lines: that took more than half of the survey,
# and the rows of real files have hundreds of bytes.
_FEW_BREAKS = 1 << 13
# The longer ones first: that of UTF-32 begins as that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Latin letters, punctuation and ₱. Other pairs of such bytes are likelier two characters of Windows-1252 in a
# line that is no UTF-8.
_LIKELY_UTF_8 = re.compile(
    rb"[\x00-\x7f]+|(?:\xc2[\xa0-\xbf]|\xc3[\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]|\xef\xbf\xbd)+"
)
_CUT_OFF = re.compile(rb"(?:[\xc0-\xff]|[\xe0-\xff][\x80-\xbf]|[\xf0-\xff][\x80-\xbf]{2})\Z")
"""The beginning of a character of several bytes."""
_NEWLINE, _RETURN = 0x0A, 0x0D
_LEADING = bytes(range(0xC0))
"""All bytes but those with which a character of several bytes begins in UTF-8."""


@dataclass(frozen=True)
class Text:
    """A text file in UTF-8 at ``path``, which may be a copy. ``blank_lines``: about how many empty lines
    there are in that megabyte which has most, 0 where these are few."""

    path: Path
    decoding: Decoding
    blank_lines: int


class _NotUtf8(Exception):
    """Translated within ``open_text``."""


@contextlib.contextmanager
def open_text(path: Path, *, encoding: str | None = None, scratch: Path | None = None) -> Iterator[Text]:
    """The text of a file, in ``encoding`` where it has no mark of its own; None: as its bytes say.

    A copy, where one is needed, lies in ``scratch`` meanwhile. Raises BadFile, with the line, for a file
    that is empty or has an endless line.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise BadFile(path.name, "the file is empty: get it from its source again")
    wanted = _read_mark(head) or encoding or _guess_utf_16(head)
    # No library guesses the encoding: charset-normalizer read PEÑABLANCA as windows-1250 in most files that
    # it was asked for (docs/decisions/0022). Lines that end with a return alone are written anew, because
    # whatever looks at quotes goes by newlines.
    if wanted is None and not _ends_lines_by_returns(head):
        with contextlib.suppress(_NotUtf8):
            blank_lines = _survey(path, path.name)
            yield Text(path, Decoding(encoding=UTF_8), blank_lines)
            return
    with tempfile.NamedTemporaryFile(dir=scratch, prefix="text-") as copy:
        with path.open("rb") as file:
            decoding = _decode(file, copy, wanted) if wanted else _decode_mixed(file, copy)
        copy.flush()
        yield Text(Path(copy.name), decoding, _survey(Path(copy.name), path.name))


@contextlib.contextmanager
def open_beginning(path: Path, *, encoding: str | None = None) -> Iterator[Path]:
    """The first megabyte of the same text, in a copy: for whoever looks at the first rows only."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    whole = head[: head.rfind(b"\n") + 1] if len(head) == _CHUNK and b"\n" in head else head
    wanted = _read_mark(head) or encoding or _guess_utf_16(head)
    with tempfile.NamedTemporaryFile(prefix="text-") as copy, io.BytesIO(whole) as start:
        _ = _decode(start, copy, wanted) if wanted else _decode_mixed(start, copy)
        copy.flush()
        yield Path(copy.name)


def _read_mark(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _guess_utf_16(head: bytes) -> str | None:
    """UTF-16 without a mark."""
    # Every second byte of Latin text is 0 then; the names in the cells may be of other scripts.
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < len(head) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _ends_lines_by_returns(head: bytes) -> bool:
    """As old programs for the Macintosh do."""
    return b"\r" in head and b"\n" not in head


def _survey(path: Path, name: str) -> int:
    """The number of empty lines in the megabyte that has most. Raises _NotUtf8, and BadFile for an endless
    line."""
    line, length, blank_lines = 1, 0, 0
    with path.open("rb") as file:
        for chunk in _read_characters(file):
            _check_utf_8(chunk)
            first = chunk.find(b"\n")
            length += len(chunk) if first < 0 else first
            if length > MAX_ROW_BYTES:
                raise BadFile(name, f"a line of more than {MAX_ROW_BYTES:,} bytes", line=line)
            newlines, returns = _count_breaks(chunk)
            line += newlines
            if newlines + returns > _FEW_BREAKS:
                blank_lines = max(blank_lines, 2 * sum(map(chunk.count, _BLANK_LINES)))
            length = length if first < 0 else len(chunk) - chunk.rfind(b"\n") - 1
    return blank_lines


def _read_characters(file: IO[bytes]) -> Iterator[bytes]:
    """The file in megabytes that end between two characters, if it is UTF-8."""
    while chunk := file.read(_CHUNK):
        if len(chunk) == _CHUNK and (cut := _CUT_OFF.search(chunk, len(chunk) - 3)):
            file.seek(cut.start() - len(chunk), io.SEEK_CUR)
            chunk = chunk[: cut.start()]
        yield chunk


def _check_utf_8(chunk: bytes) -> None:
    """Raises _NotUtf8."""
    # By Arrow, which takes a tenth of the time of a decoder, because it makes no text.
    ends = pa.array([0, len(chunk)], pa.int32()).buffers()[1]
    try:
        pa.StringArray.from_buffers(1, ends, pa.py_buffer(chunk)).validate(full=True)
    except pa.ArrowInvalid:
        raise _NotUtf8 from None


def _count_breaks(chunk: bytes) -> tuple[int, int]:
    """Newlines and returns."""
    # By numpy, which takes a quarter of the time of bytes.count.
    data = np.frombuffer(chunk, np.uint8)
    return int(np.count_nonzero(data == _NEWLINE)), int(np.count_nonzero(data == _RETURN))


def _decode(file: IO[bytes], copy: IO[bytes], encoding: str) -> Decoding:
    """Copy a text of one encoding."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    replaced, chunk = 0, b"-"
    while chunk:
        chunk = file.read(_CHUNK)
        text = decoder.decode(chunk, final=not chunk)
        replaced += text.count("\ufffd")
        copy.write(text.encode(UTF_8, "replace"))
    return Decoding(encoding=codecs.lookup(encoding).name, replaced=replaced)


def _decode_mixed(file: IO[bytes], copy: IO[bytes]) -> Decoding:
    """Copy a text that is not UTF-8 throughout: what cannot be is Windows-1252, character by character."""
    # Two real files were neither UTF-8 nor clean Windows-1252: programs have put texts of several sources
    # into one.
    utf_8 = windows_1252 = replaced = 0
    for lines in _read_lines(file):
        try:
            lines.decode(UTF_8)
            text = lines
        except UnicodeDecodeError:
            text, foreign, unknown = _mend_lines(lines)
            windows_1252 += foreign
            replaced += unknown
            utf_8 -= foreign
        # What is left are the first bytes of characters of several bytes, one for each.
        utf_8 += len(text.translate(None, _LEADING))
        copy.write(text.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    is_utf_8 = utf_8 > windows_1252 or not windows_1252
    return Decoding(
        encoding=UTF_8 if is_utf_8 else WINDOWS_1252,
        mixed=windows_1252 if is_utf_8 else utf_8,
        replaced=replaced,
    )


def _read_lines(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces of whole lines, as far as there are lines."""
    rest = b""
    while chunk := file.read(_CHUNK):
        end = chunk.rfind(b"\n") + 1
        # A line without an end is passed on in pieces, for the survey of the copy to refuse it with its
        # number.
        if not end and len(rest) < MAX_ROW_BYTES:
            rest += chunk
            continue
        yield rest + chunk[:end]
        rest = chunk[end:]
    yield rest


def _mend_lines(lines: bytes) -> tuple[bytes, int, int]:
    """Text in UTF-8, how many characters of it were Windows-1252, and how many were none."""
    out: list[bytes] = []
    foreign = unknown = 0
    for line in lines.splitlines(keepends=True):
        try:
            line.decode(UTF_8)
            out.append(line)
        except UnicodeDecodeError:
            for piece in _split_line(line):
                if _LIKELY_UTF_8.fullmatch(piece):
                    out.append(piece)
                    continue
                text = piece.decode("cp1252", "replace")
                foreign += len(text)
                unknown += text.count("\ufffd")
                out.append(text.encode())
    return b"".join(out), foreign, unknown


def _split_line(line: bytes) -> Iterator[bytes]:
    """Pieces that are UTF-8 and pieces that are not, in turns."""
    at = 0
    for match in _LIKELY_UTF_8.finditer(line):
        if match.start() > at:
            yield line[at : match.start()]
        yield match[0]
        at = match.end()
    if at < len(line):
        yield line[at:]
