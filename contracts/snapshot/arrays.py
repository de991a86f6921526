"""Numpy arrays in a snapshot's folder: written once, mapped by every process that reads."""

from __future__ import annotations

import contextlib
import mmap
import os
import weakref
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_sparing: ContextVar[bool] = ContextVar("sparing_memory", default=False)
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def save_array(folder: Path, name: str, values: NDArray[Any]) -> None:
    """Write ``values`` as ``name``.npy. Raises OSError when the disk is full."""
    # np.save would do the same, but by tofile.
    with (folder / f"{name}.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(values))
        write_values(file, values)


def write_values(file: BinaryIO, values: NDArray[Any]) -> None:
    """Append ``values`` as they are."""
    # Not by numpy's tofile: on a full disk its OSError says how many values were written, and no errno.
    file.write(np.ascontiguousarray(values).data)


def create_array(folder: Path, name: str, dtype: Any, length: int) -> NDArray[Any]:
    """A new ``name``.npy of zeros to be filled in place, mapped. Raises OSError when the disk is full."""
    path = folder / f"{name}.npy"
    # Mapped, because the lists of words of five million contracts take some 276 MB each
    # (docs/decisions/0006).
    mapped: NDArray[Any] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(length,))
    with path.open("r+b") as file:
        # The file has holes so far, and filling one on a full disk is a SIGBUS, which ends the process.
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return mapped


def map_array(folder: Path, name: str) -> NDArray[Any]:
    """``name``.npy, read-only and mapped, so that processes share its pages."""
    path = folder / f"{name}.npy"
    values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if isinstance(values.base, mmap.mmap):
        _mapped.add(values.base)
    # A plain view: slices of the memmap class cost microseconds each.
    return values.view(np.ndarray)


@contextlib.contextmanager
def sparing_memory() -> Iterator[None]:
    """What looks at mapped arrays inside takes them for this process's no longer than it must."""
    # Work that looks here and there touches all of an index in the end: 540 MB of five million contracts,
    # which count as the process's until somebody needs the room. Nobody waits for such work.
    before = _sparing.set(True)
    try:
        yield
    finally:
        give_back_pages()
        _sparing.reset(before)


def give_back_pages() -> None:
    """Between two parts of work ``sparing_memory``; otherwise it does nothing."""
    if not _sparing.get():
        return
    # What is used again comes back from the system's cache, in microseconds a page.
    for one in list(_mapped):
        one.madvise(mmap.MADV_DONTNEED)


def map_bytes(path: Path) -> NDArray[np.uint8]:
    """A file as it is, read-only and mapped."""
    # mmap refuses an empty file.
    if path.stat().st_size == 0:
        return np.zeros(0, np.uint8)
    return np.memmap(path, np.uint8, mode="r").view(np.ndarray)


def list_bits(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The places of the bits that are set."""
    # Bytes first, because most are 0 where few bits are set. Compared, because flatnonzero takes six times as
    # long for bytes as for truth values.
    used = np.flatnonzero(packed != 0)
    # Where most bytes are in use, to pick them costs more than to unpack all.
    if len(used) > len(packed) // 2:
        return np.flatnonzero(np.unpackbits(packed).view(np.bool_))
    inside = np.flatnonzero(np.unpackbits(packed[used]).view(np.bool_))
    return np.asarray(used[inside >> 3] * 8 + (inside & 7), np.int64)


def join_ranges(starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.int64]:
    """The numbers of all half-open ranges [start, end), one range after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum(), dtype=np.int64)


# Up to so many lists are quicker copied one by one than by the place of each of their values.
FEW_LISTS = 200


def take_lists(values: NDArray[Any], ends: NDArray[Any], numbers: NDArray[Any]) -> NDArray[Any]:
    """The lists with these ``numbers``, one after the other: list n ends at ``ends[n]`` in ``values``, where
    the next one begins."""
    starts = np.where(numbers > 0, ends[numbers - 1], 0)
    if len(numbers) > FEW_LISTS:
        return np.asarray(values[join_ranges(starts, ends[numbers])])
    lists = zip(starts.tolist(), ends[numbers].tolist(), strict=True)
    return np.concatenate([values[:0], *(values[start:end] for start, end in lists)])
