"""What the writers of files share: a file that is whole or gone, filled by a thread while rows come."""

from __future__ import annotations

import contextlib
import errno
import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow as pa

from contracts.errors import OutOfSpace, ReconciliationFailed
from contracts.fields import Field
from contracts.progress import Progress


class Rows(Protocol):
    """What a file is made of: rows with ``fields``, which are the names of their columns."""

    @property
    def fields(self) -> Sequence[Field]: ...

    def stream(
        self, *, select: Sequence[str] = (), batch_rows: int = 20_000, places: range | None = None
    ) -> pa.RecordBatchReader:
        """All rows in order, or those at ``places`` (from 0), in batches. ``select`` are SQL select lists,
        the first over the fields, each other over the one before. Errors while they are read come translated.
        """


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a writer tells of the whole file. ``cut_texts`` cells lost the end of a text that was too long;
    ``sha256`` is the digest of its bytes, None where that is to be had from the file only."""

    cut_texts: int = 0
    sha256: str | None = None


Writing = Generator[Progress, None, Written]
"""A writer at work: rows done so far, and what it made. Closing it early leaves nothing behind."""


@contextlib.contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A new file at ``path`` that is removed unless the block ends well, also when a generator is closed.

    Raises OutOfSpace when the disk or the quota is full.
    """
    try:
        with translate_full_disk(), path.open("wb") as file:
            yield file
    # Also what is no Exception: a generator that is closed early gets GeneratorExit.
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class Digested:
    """Appends to ``file``, and knows the digest of all that was appended, in hexadecimal digits."""

    # Beside the rows that the engine makes: to read the file again takes as long as to write it.
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        self._digest.update(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


@contextlib.contextmanager
def translate_full_disk() -> Iterator[None]:
    """Inside, what fails because the disk or the quota is full raises OutOfSpace."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace("no space left to write the file") from error
        raise


def write_behind(
    pieces: Iterable[tuple[int, Callable[[], object]]], *, total_rows: int
) -> Generator[Progress, None, None]:
    """Call what writes each piece, given with its rows, in a second thread while the next piece is made.

    ``total_rows`` must be exact; otherwise raises ReconciliationFailed.
    """
    done = 0
    # The end of the block waits for the piece in work, so that none is written to a file that is closed.
    with ThreadPoolExecutor(max_workers=1) as second:
        yield Progress(phase="writing rows", current=0, total=total_rows)
        written: Future[object] | None = None
        for rows, write in pieces:
            done += rows
            # Rather than fill the disk with what nobody has counted.
            if done > total_rows:
                break
            # No more than one piece waits, so that memory stays flat.
            if written is not None:
                written.result()
            written = second.submit(write)
            yield Progress(phase="writing rows", current=done, total=total_rows)
        if written is not None:
            written.result()
    if done != total_rows:
        raise ReconciliationFailed(f"{total_rows} rows were counted and {done} or more came")


class Blocks:
    """Passes bytes on in blocks of ``size``, the last one shorter.

    What a compressor makes of bytes depends on how they are cut, and where DuckDB cuts its batches is a
    matter of threads: in blocks, equal bytes are packed equally.
    """

    def __init__(self, take: Callable[[bytearray | memoryview], object], *, size: int = 1 << 20) -> None:
        self._take = take
        self._size = size
        self._rest = bytearray()

    def append(self, data: bytes | memoryview) -> None:
        missing = self._size - len(self._rest) if self._rest else 0
        view = memoryview(data)
        # Only the ends are copied; whole blocks are passed on as they lie.
        self._rest += view[:missing]
        if len(self._rest) == self._size:
            self.flush()
        if self._rest:
            return
        whole = missing + (len(view) - missing) // self._size * self._size
        for start in range(missing, whole, self._size):
            self._take(view[start : start + self._size])
        self._rest += view[whole:]

    def flush(self) -> None:
        """Pass on what is left."""
        rest, self._rest = self._rest, bytearray()
        if rest:
            self._take(rest)


def quote_literal(text: str) -> str:
    """``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def view_text(column: Any, start: int, stop: int) -> memoryview:
    """The UTF-8 bytes of rows ``start`` to ``stop`` of an Arrow string array without nulls, not copied."""
    _, offsets, data = column.buffers()
    if data is None:
        return memoryview(b"")
    # A slice shares the buffers of the whole array, and says where it begins by its offset.
    at = memoryview(offsets).cast("i")
    return memoryview(data)[at[column.offset + start] : at[column.offset + stop]]
