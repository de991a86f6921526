"""Numpy arrays in a snapshot's folder: written once, mapped by every process that reads. Knows no meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def save_array(folder: Path, name: str, values: NDArray[Any]) -> None:
    """Write ``values`` as ``name``.npy."""
    np.save(folder / f"{name}.npy", values, allow_pickle=False)


def create_array(folder: Path, name: str, dtype: Any, length: int) -> NDArray[Any]:
    """A new ``name``.npy of zeros to be filled in place, mapped unless it is empty."""
    if length == 0:
        save_array(folder, name, np.zeros(0, dtype))
        return np.zeros(0, dtype)
    mapped: NDArray[Any] = np.lib.format.open_memmap(
        folder / f"{name}.npy", mode="w+", dtype=dtype, shape=(length,)
    )
    return mapped


def map_array(folder: Path, name: str) -> NDArray[Any]:
    """``name``.npy, read-only and mapped, so that processes share its pages."""
    path = folder / f"{name}.npy"
    values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    # A plain view: slices of the memmap class cost microseconds each.
    return values.view(np.ndarray)


def list_bits(packed: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The places of the bits that are set, by looking at bytes first: most are 0 where few bits are set."""
    used = np.flatnonzero(packed != 0)  # of bytes it takes six times as long
    if len(used) > len(packed) // 2:
        return np.flatnonzero(np.unpackbits(packed).view(np.bool_))
    inside = np.flatnonzero(np.unpackbits(packed[used]).view(np.bool_))
    return np.asarray(used[inside >> 3] * 8 + (inside & 7), np.int64)


def join_ranges(starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[np.int64]:
    """The numbers of all half-open ranges [start, end), one range after the other."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum(), dtype=np.int64)
