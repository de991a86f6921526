"""What a monitor has seen: for each contract what it is known by, and its amount; 16 bytes each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from contracts.engine.records.identities import Identified
from monitors.models import Monitor, SeenPart

ENTRY = np.dtype([("key", "<u8"), ("amount", "<i8")])
"""An entry as it is stored: ``contracts.engine.records.identities``, and centavos."""

# So that a monitor which finds something in every version does not read hundreds of rows for it.
MOST_PARTS = 16

Entries: TypeAlias = NDArray[np.void]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What is other than it was seen, by places among the contracts that were compared. ``before`` are the
    amounts of those that are ``amended``, in centavos."""

    new: NDArray[np.int64]
    amended: NDArray[np.int64]
    before: NDArray[np.int64]

    @property
    def is_none(self) -> bool:
        return not (len(self.new) or len(self.amended))


def load(monitor: Monitor) -> tuple[Entries, int]:
    """All that the monitor has seen, each once, in the order of the keys; and of how many parts."""
    parts = SeenPart.objects.filter(monitor=monitor).order_by("number").values_list("entries", flat=True)
    arrays = [np.frombuffer(bytes(part), ENTRY) for part in parts]
    return merge(arrays), len(arrays)


def merge(parts: Sequence[Entries]) -> Entries:
    """The entries of all parts, the last one of each key."""
    entries = np.concatenate([np.empty(0, ENTRY), *parts])
    # Stable, so that of equal keys the one of the latest part stands last.
    entries = entries[np.argsort(entries["key"], kind="stable")]
    last = np.ones(len(entries), np.bool_)
    last[:-1] = entries["key"][1:] != entries["key"][:-1]
    return entries[last]


def compare(found: Identified, seen: Entries) -> Difference:
    """What ``found`` has that was not seen, or not with this amount. What is gone is no news: it stays seen,
    and tells nobody anything when it comes again."""
    if not len(seen):
        none = np.zeros(0, np.int64)
        return Difference(new=np.arange(len(found.keys)), amended=none, before=none)
    places = np.minimum(np.searchsorted(seen["key"], found.keys), len(seen) - 1)
    known = seen["key"][places] == found.keys
    amended = np.flatnonzero(known & (seen["amount"][places] != found.amounts))
    return Difference(
        new=np.flatnonzero(~known), amended=amended, before=seen["amount"][places[amended]].astype(np.int64)
    )


def pack(found: Identified, difference: Difference) -> Entries:
    """What is to be remembered from now on beside what is known."""
    places = np.concatenate([difference.new, difference.amended])
    entries = np.empty(len(places), ENTRY)
    entries["key"], entries["amount"] = found.keys[places], found.amounts[places]
    return entries


def add(monitor: Monitor, entries: Entries, *, number: int, seen: Entries, parts: int) -> None:
    """Remember ``entries`` beside what was ``seen``, in the caller's transaction."""
    if parts >= MOST_PARTS:
        SeenPart.objects.filter(monitor=monitor).delete()
        entries = merge([seen, entries])
    SeenPart.objects.create(monitor=monitor, number=number, entries=entries.tobytes())
