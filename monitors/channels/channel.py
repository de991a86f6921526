"""What a channel is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_processing.errors import TaskError
from monitors.models import Delivery


class NotDelivered(TaskError):
    """The other side has not taken the alert. ``final``: nor will it, however often it is tried."""

    code = "not-delivered"

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to tell an alert. ``send`` returns what the other side said, or raises NotDelivered; it may be
    called twice for the same delivery, whose id it passes on for the other side to know, and lets go of the
    database (``release_connections``) before it waits for another server. ``delays_s`` are how
    long to wait after each try that failed; after the last of them it is given up."""

    name: str
    about: str
    send: Callable[[Delivery], str]
    delays_s: Sequence[float]
