"""What the writers of files share: a file that is whole or gone, and rows that SQL rendered as text.

Knows no format.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from contracts.errors import OutOfSpace


@contextlib.contextmanager
def open_whole(path: Path) -> Iterator[BinaryIO]:
    """A new file at ``path`` that is removed unless the block ends well, also when a generator is closed.

    Raises OutOfSpace when the disk or the quota is full.
    """
    try:
        with path.open("wb") as file:
            yield file
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutOfSpace(f"no space left to write {path.name}") from error
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def quote_literal(text: str) -> str:
    """``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def view_text(column: Any, start: int, stop: int) -> memoryview:
    """The UTF-8 bytes of rows ``start`` to ``stop`` of an Arrow string array without nulls, not copied."""
    _, offsets, data = column.buffers()
    if data is None:
        return memoryview(b"")
    at = memoryview(offsets).cast("i")
    return memoryview(data)[at[column.offset + start] : at[column.offset + stop]]
