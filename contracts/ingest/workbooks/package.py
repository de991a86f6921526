"""A zip file, which a workbook is: its parts as bytes, and how much they may unfold to.

A zip file of a few megabytes can unfold to terabytes, and its table of contents may lie. It bounds the work
all the same: no more of a part is read than the size that it claims, and the packed sizes of all parts must
fit into the file together.
"""

from __future__ import annotations

import contextlib
import errno
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
# The parts that are read may be so many times as large as the file. Tables come to 5 to 20 times, rows that
# are equal but for their numbers to 160, to the last byte to 230, and what is made to burst to 1,000 times.
UNFOLDS = 250
# The shared texts in its cells may come to so many times the size of the file, beside the XML of the cells;
# those of real tables stay below three times.
REPEATS = 20
# So many bytes may be read in any case, and so many repeated: small files of equal rows are no attack.
SPARE = 64 << 20
# Bytes of the table of contents: some 40,000 parts. Python makes an object of a kilobyte of each.
MAX_CONTENTS = 4 << 20

# Those of the standard (ECMA-376 part 2, annex B); Python unfolds the others without any bound.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


class BadWorkbook(Exception):
    """A part is missing or is not what it should be. ``place`` is a cell or row of the sheet that is read.

    Translated at the door of ``workbooks``.
    """

    def __init__(self, message: str, *, place: str | None = None) -> None:
        super().__init__(message)
        self.place = place


class Package:
    """The parts of an open zip file by name. Every call may raise BadWorkbook."""

    def __init__(self, archive: zipfile.ZipFile, *, size: int) -> None:
        """``size`` is that of the file."""
        self._archive = archive
        self._parts = {entry.filename: entry for entry in archive.infolist()}
        self._bytes_left = SPARE + UNFOLDS * size
        self._repeated_left = SPARE + REPEATS * size
        if len(self._parts) < len(archive.infolist()):
            raise BadWorkbook("it has two parts of the same name")
        # The table of contents may let all parts share one packed part of a few megabytes.
        if sum(entry.compress_size for entry in self._parts.values()) > size:
            raise BadWorkbook("its parts overlap, as no program writes them")

    @property
    def names(self) -> list[str]:
        return list(self._parts)

    def check_whole(self) -> None:
        """Raise BadWorkbook where all parts together unfold beyond measure, or one is under a password."""
        if sum(entry.file_size for entry in self._parts.values()) > self._bytes_left:
            raise BadWorkbook(f"it unfolds to more than {UNFOLDS} times its size, as no table does")
        if any(entry.flag_bits & _ENCRYPTED for entry in self._parts.values()):
            raise BadWorkbook("it is protected by a password; remove the password and save it again")

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def measure_part(self, name: str) -> int:
        """The size of a part, of which no more is read."""
        entry = self._parts.get(name)
        if entry is None:
            raise BadWorkbook(f"its part {name[:100]!r} is missing")
        return entry.file_size

    def read_chunks(self, name: str) -> Iterator[bytes]:
        """A part, a megabyte at a time."""
        self._bytes_left -= self.measure_part(name)
        if self._bytes_left < 0:
            raise BadWorkbook(
                f"with its part {name!r} it unfolds to more than {UNFOLDS} times its size, as no table does"
            )
        entry = self._parts[name]
        if entry.flag_bits & _ENCRYPTED:
            raise BadWorkbook("it is protected by a password; remove the password and save it again")
        if entry.compress_type not in _METHODS:
            raise BadWorkbook(f"its part {name!r} is packed in a way that is not read here")
        with _translate_errors(f"its part {name!r} is damaged"), self._archive.open(entry) as part:
            while chunk := part.read(CHUNK):
                yield chunk

    def note_repeated(self, size: int) -> None:
        """Count bytes of texts that stand once in the file and again and again in its cells."""
        self._repeated_left -= size
        if self._repeated_left < 0:
            raise BadWorkbook(
                f"its texts stand in so many cells that they would come to more than {REPEATS} times its size"
            )


@contextlib.contextmanager
def open_package(path: Path) -> Iterator[tuple[Package, io.BufferedReader]]:
    """The parts of a workbook, and the file itself, which tells how far it is read. Raises BadWorkbook."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(_GuardedFile(io.FileIO(path)))
        with _translate_errors("it is not whole, or no .xlsx file at all"):
            archive = stack.enter_context(zipfile.ZipFile(file))
        yield Package(archive, size=path.stat().st_size), file


@contextlib.contextmanager
def _translate_errors(fault: str) -> Iterator[None]:
    """What ``zipfile`` raises for files that are damaged or lie -> BadWorkbook."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        UnicodeDecodeError,
    ) as error:
        raise BadWorkbook(f"{fault} ({error})") from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # an offset before the beginning of the file
            raise
        raise BadWorkbook(f"{fault} ({error})") from None


class _GuardedFile(io.BufferedReader):
    """A file of which ``zipfile`` cannot read a table of contents of any length in one go."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MAX_CONTENTS:
            raise BadWorkbook(f"its table of contents is longer than {MAX_CONTENTS:,} bytes")
        return super().read(size)
