"""How many clients may wait in one process, and how many of them may be one owner's."""

from __future__ import annotations

import resource
import threading
from collections import Counter


class NoSeat(Exception):
    """Nobody more may wait: ``own_share`` when it is the owner's share that is used up."""

    def __init__(self, *, own_share: bool) -> None:
        super().__init__("no seat is free")
        self.own_share = own_share


class Seat:
    """The seat of one who waits, until it is left."""

    def __init__(self, seats: Seats, owner: str) -> None:
        self._seats: Seats | None = seats
        self._owner = owner

    def leave(self) -> None:
        """Give the seat back; repeatable."""
        seats, self._seats = self._seats, None
        if seats is not None:
            seats.give_back(self._owner)


class Seats:
    """The seats of one process for those who wait in one way. For any thread."""

    def __init__(self) -> None:
        # A seat may be taken in a request's thread and given back in the event loop.
        self._lock = threading.Lock()
        self._by_owner: Counter[str] = Counter()
        self.taken = 0

    def take(self, owner: str, *, share: int, in_all: int) -> Seat:
        """A seat for the owner, who may have ``share`` of the ``in_all``. Raises NoSeat."""
        with self._lock:
            if self._by_owner[owner] >= share:
                raise NoSeat(own_share=True)
            if self.taken >= in_all:
                raise NoSeat(own_share=False)
            self._by_owner[owner] += 1
            self.taken += 1
        return Seat(self, owner)

    def give_back(self, owner: str) -> None:
        with self._lock:
            self.taken -= 1
            self._by_owner[owner] -= 1
            # Or there would be an entry for every visitor who ever waited.
            if not self._by_owner[owner]:
                del self._by_owner[owner]


def fit_to_descriptors(wanted: int, *, part: float) -> int:
    """``wanted`` sockets, or as many as are ``part`` of the files that this process may open."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if allowed == resource.RLIM_INFINITY else min(wanted, int(allowed * part))
