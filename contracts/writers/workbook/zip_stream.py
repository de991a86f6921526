"""A ZIP archive written entry by entry, deflated by isal where rows come and by zlib where a part is small.

An entry is deflated while it comes, or was deflated elsewhere and is copied as it is.

Format: PKWARE APPNOTE 6.3. The headers hold no clock and no user, so equal entries give equal bytes.
"""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO

from isal import isal_zlib

from contracts.writers.outfile import Blocks

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END_64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR_64 = struct.Struct("<4sIQI")

# 1980-01-01 00:00, the earliest time that ZIP can say.
MIDNIGHT, FIRST_DAY = 0, 1 << 5 | 1
DEFLATED, PLAIN_VERSION, ZIP64_VERSION = 8, 20, 45
# The padding of Open Packaging, as long as the two ZIP64 sizes whose place it keeps until they are known.
GROWTH_HINT = struct.pack("<4H12x", 0xA220, 16, 0xA028, 0)
# Also the sign that the number stands in the ZIP64 field.
MAX_32 = 0xFFFFFFFF
COPIED_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Packed:
    """What ZIP says of deflated content: its checksum, its bytes and those it had before."""

    crc: int = 0
    packed: int = 0
    size: int = 0


class Deflation:
    """Deflates what is appended and hands it to ``write``; equal content gives equal bytes."""

    def __init__(self, write: Callable[[bytes], object], *, level: int = 1) -> None:
        self._write = write
        self._deflate = isal_zlib.compressobj(level, isal_zlib.DEFLATED, -15)
        # What a compressor makes of bytes depends on how they are cut.
        self._blocks = Blocks(self._pack)
        self._crc = self._packed = self._size = 0

    def append(self, data: bytes | memoryview) -> None:
        self._blocks.append(data)

    def end(self) -> Packed:
        self._blocks.flush()
        self._pass_on(self._deflate.flush())
        return Packed(self._crc, self._packed, self._size)

    def _pack(self, block: bytearray | memoryview) -> None:
        self._crc = isal_zlib.crc32(block, self._crc)
        self._size += len(block)
        self._pass_on(self._deflate.compress(block))

    def _pass_on(self, packed: bytes) -> None:
        self._packed += len(packed)
        self._write(packed)


@dataclass(frozen=True)
class _Entry:
    """One file in the archive."""

    name: bytes
    offset: int
    content: Packed = Packed()


class ZipStream:
    """Writes to a seekable binary ``file``. Sizes and offsets from ``zip64_from`` bytes on use ZIP64."""

    def __init__(self, file: BinaryIO, *, level: int = 1, zip64_from: int = MAX_32) -> None:
        self._file = file
        self._level = level
        self._zip64_from = zip64_from
        self._entries: list[_Entry] = []

    def add(self, name: str, data: bytes) -> None:
        """A whole small entry at once."""
        # By zlib: isal 1.9.1 has once made a byte more of the same few hundred, and equal rows are to give
        # equal files.
        deflate = zlib.compressobj(self._level, zlib.DEFLATED, -15)
        packed = deflate.compress(data) + deflate.flush()
        self.copy(name, Packed(zlib.crc32(data), len(packed), len(data)), BytesIO(packed))

    def begin(self, name: str) -> None:
        """Start an entry; ``append`` its content, then ``end`` it."""
        self._begin(_Entry(name.encode("ascii"), self._file.tell()))
        self._deflation = Deflation(self._file.write, level=self._level)

    def append(self, data: bytes | memoryview) -> None:
        self._deflation.append(data)

    def end(self) -> None:
        """Finish the entry: go back and say in its header what is known by now."""
        entry = replace(self._entries.pop(), content=self._deflation.end())
        after = self._file.tell()
        self._file.seek(entry.offset)
        self._begin(entry)
        self._file.seek(after)

    def copy(self, name: str, content: Packed, source: BinaryIO) -> None:
        """A whole entry that a Deflation has written to ``source``, from where it stands to its end."""
        self._begin(_Entry(name.encode("ascii"), self._file.tell(), content))
        shutil.copyfileobj(source, self._file, COPIED_AT_ONCE)

    def close(self) -> None:
        """Write the directory. The file itself stays open."""
        start = self._file.tell()
        for entry in self._entries:
            self._file.write(self._directory_entry(entry))
        size = self._file.tell() - start
        count = len(self._entries)
        if self._is_large(start):
            end = (ZIP64_VERSION, ZIP64_VERSION, 0, 0, count, count, size, start)
            self._file.write(END_64.pack(b"PK\x06\x06", END_64.size - 12, *end))
            self._file.write(LOCATOR_64.pack(b"PK\x06\x07", 0, start + size, 1))
            start = MAX_32
        self._file.write(END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, 0))

    def _begin(self, entry: _Entry) -> None:
        self._file.write(self._local_header(entry))
        self._entries.append(entry)

    def _is_large(self, *sizes: int) -> bool:
        return max(sizes) >= self._zip64_from

    def _local_header(self, entry: _Entry) -> bytes:
        large = self._is_large(entry.content.size, entry.content.packed)
        sizes = (MAX_32, MAX_32) if large else (entry.content.packed, entry.content.size)
        extra = (
            struct.pack("<2H2Q", 1, 16, entry.content.size, entry.content.packed) if large else GROWTH_HINT
        )
        version = ZIP64_VERSION if large else PLAIN_VERSION
        fixed = (
            version,
            0,
            DEFLATED,
            MIDNIGHT,
            FIRST_DAY,
            entry.content.crc,
            *sizes,
            len(entry.name),
            len(extra),
        )
        return LOCAL.pack(b"PK\x03\x04", *fixed) + entry.name + extra

    def _directory_entry(self, entry: _Entry) -> bytes:
        large = self._is_large(entry.content.size, entry.content.packed, entry.offset)
        sizes = (MAX_32, MAX_32) if large else (entry.content.packed, entry.content.size)
        extra = (
            struct.pack("<2H3Q", 1, 24, entry.content.size, entry.content.packed, entry.offset)
            if large
            else b""
        )
        version = ZIP64_VERSION if large else PLAIN_VERSION
        fixed = (version, version, 0, DEFLATED, MIDNIGHT, FIRST_DAY, entry.content.crc, *sizes)
        rest = (len(entry.name), len(extra), 0, 0, 0, 0, MAX_32 if large else entry.offset)
        return CENTRAL.pack(b"PK\x01\x02", *fixed, *rest) + entry.name + extra
