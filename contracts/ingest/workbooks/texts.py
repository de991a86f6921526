"""The texts of an .xlsx: XML -> the characters that a person sees, and the table of shared ones.

ECMA-376 part 1, 18.4.
"""

from __future__ import annotations

import mmap
import re
import tempfile
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice
from pathlib import Path

from contracts.ingest.workbooks.elements import ElementStream
from contracts.ingest.workbooks.package import BadWorkbook, Package

# A million rows of 16 texts each, or of a kilobyte of text, none of which stands twice.
MAX_SHARED_TEXTS = 1 << 24
MAX_SHARED_BYTES = 1 << 30
# The same with their XML, some 30 bytes for each.
MAX_SHARED_PART_BYTES = 2 << 30
# Excel's longest text, 32,767 characters, is a tenth of it.
MAX_TEXT_BYTES = 1 << 20

_SIMPLE = re.compile(rb"<t(?: xml:space=\"preserve\")?>([^<]*)</t>")
_SIMPLE_ITEM = re.compile(rb"<si>%s</si>" % _SIMPLE.pattern)
_TEXT = re.compile(rb"<(?:\w+:)?t(?=[\s/>])[^<>]*(?:(?<=/)>|>([^<]*)</(?:\w+:)?t>)")
_TEXT_START = re.compile(rb"<(?:\w+:)?t(?=[\s/>])")
_PHONETIC_START = re.compile(rb"<(?:\w+:)?rPh(?=[\s/>])")
_PHONETIC_END = re.compile(rb"</(?:\w+:)?rPh>")
_REFERENCE = re.compile(rb"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
_ESCAPED = re.compile(rb"_x([0-9A-Fa-f]{4})_")


class SharedTexts:
    """The table of shared texts, packed in a nameless file of ``folder`` that is mapped."""

    def __init__(self, blocks: Iterable[Sequence[bytes]], *, folder: Path | None = None) -> None:
        # Not in memory: the texts of a million rows may be larger than what an import may take.
        self._ends = array("I", [0])
        with tempfile.TemporaryFile(dir=folder) as file:
            for block in blocks:
                self._add_ends(block)
                file.write(b"".join(block))
            file.flush()
            self._blob = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self._ends[-1] else b""

    def _add_ends(self, block: Sequence[bytes]) -> None:
        end = self._ends[-1] + sum(map(len, block))
        if end > MAX_SHARED_BYTES or len(self._ends) - 1 + len(block) > MAX_SHARED_TEXTS:
            raise BadWorkbook(
                f"its shared texts are more than {MAX_SHARED_TEXTS:,} or more than {MAX_SHARED_BYTES:,} bytes"
            )
        if max(map(len, block), default=0) > MAX_TEXT_BYTES:
            raise BadWorkbook(f"one of its shared texts is longer than {MAX_TEXT_BYTES:,} bytes")
        self._ends.extend(accumulate(map(len, block), initial=self._ends.pop()))

    def pick(self, number: bytes) -> bytes:
        """The text with this number. Raises BadWorkbook for a number that is not in the table."""
        if not number.isdigit():  # int() would take "-1" and "1_0" as well
            raise BadWorkbook("it refers to a shared text by something that is no number")
        try:
            at = int(number)
            return self._blob[self._ends[at] : self._ends[at + 1]]
        except (IndexError, ValueError):
            raise BadWorkbook("it refers to a shared text that does not exist") from None

    def pick_all(self, numbers: Sequence[bytes]) -> list[bytes]:
        """As ``pick``, of a whole row at once."""
        if not b"".join(numbers).isdigit():
            raise BadWorkbook("it refers to a shared text by something that is no number")
        blob, ends = self._blob, self._ends
        try:
            return [blob[ends[at] : ends[at + 1]] for at in map(int, numbers)]
        except (IndexError, ValueError):
            raise BadWorkbook("it refers to a shared text that does not exist") from None


def read_shared(
    package: Package, path: str | None, *, folder: Path | None = None, regions: int | None = None
) -> SharedTexts:
    """The shared texts of a workbook, or those of the first ``regions`` of them, some megabytes each; none
    where it has no such part."""
    if path is None or path not in package:
        return SharedTexts((), folder=folder)
    if package.measure_part(path) > MAX_SHARED_PART_BYTES:
        raise BadWorkbook(f"its part {path!r} is larger than {MAX_SHARED_PART_BYTES:,} bytes")
    stream = ElementStream(package.read_chunks(path), path=path, within="sst", name="si")
    blocks = (_read_texts(stream, region) for region in islice(stream.read_regions(), regions))
    return SharedTexts(blocks, folder=folder)


def _read_texts(stream: ElementStream, region: bytes) -> Sequence[bytes]:
    """The texts of a region."""
    # Most texts have one run: those of a region that has no others are found at once.
    found = _SIMPLE_ITEM.findall(region)
    if len(found) != region.count(b"<si"):
        return [join_texts(content) for _, content in stream.read_elements(region)]
    return list(map(unescape, found)) if b"&" in region or b"_x" in region else found


def join_texts(xml: bytes) -> bytes:
    """The text of a ``<si>`` or ``<is>``: its runs in one, without the pronunciation that may follow.

    Raises BadWorkbook where one of its elements does not end.
    """
    if simple := _SIMPLE.fullmatch(xml):
        return unescape(simple[1])
    if b"rPh" in xml:
        xml = _drop_phonetics(xml)
    found = _TEXT.findall(xml)
    if len(found) < len(_TEXT_START.findall(xml)):
        raise BadWorkbook("a text does not end")
    return unescape(b"".join(found))


def _drop_phonetics(xml: bytes) -> bytes:
    first, *others = _PHONETIC_START.split(xml)
    ends = [_PHONETIC_END.search(other) for other in others]
    if not all(ends):
        raise BadWorkbook("the pronunciation of a text does not end")
    return first + b"".join(other[end.end() :] for other, end in zip(others, ends, strict=True) if end)


def unescape(text: bytes) -> bytes:
    """XML's references and the ``_x000D_`` of Excel -> characters."""
    if b"&" in text:
        text = _REFERENCE.sub(_read_reference, text)
    return _ESCAPED.sub(_read_escape, text) if b"_x" in text else text


def _read_reference(match: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = match.groups()
    return _NAMED[name] if name else _encode(int(decimal) if decimal else int(hexadecimal, 16))


def _read_escape(match: re.Match[bytes]) -> bytes:
    number = int(match[1], 16)
    return match[0] if 0xD800 <= number <= 0xDFFF else _encode(number)


def _encode(number: int) -> bytes:
    """A character in UTF-8; the sign of replacement where there is none of this number."""
    try:
        return chr(number).encode()
    except (ValueError, OverflowError):
        return "\ufffd".encode()
