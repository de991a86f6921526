"""What a channel is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data_processing.errors import TaskError
from monitors.models import Alert, Receiver


class NotDelivered(TaskError):
    """The other side has not taken the alert. ``final``: nor will it, however often it is tried.
    ``retry_after_s``: it wants to be left alone for so long."""

    code = "not-delivered"

    def __init__(self, message: str, *, final: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.final = final
        self.retry_after_s = retry_after_s


class ReceiverGone(NotDelivered):
    """The receiver says that it wants nothing any more; it is disabled."""

    code = "receiver-gone"

    def __init__(self, message: str) -> None:
        super().__init__(message, final=True)


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is told in one go: one alert, several (a digest), or none (a test). ``id`` is the same at each
    try; ``target`` is the receiver's id, empty where the channel needs none."""

    id: uuid.UUID
    owner: str
    target: str
    told_at: datetime
    alerts: Sequence[Alert]


def get_receiver(message: Message) -> Receiver:
    """Whom the message goes to. Raises NotDelivered where nothing may be sent there any more."""
    receiver = Receiver.objects.filter(pk=message.target, disabled_at=None).first()
    if receiver is None:
        # Failed and not dropped: its owner may switch it on again, and have it sent.
        raise NotDelivered("its receiver is disabled, or gone", final=True)
    return receiver


@dataclass(frozen=True, kw_only=True)
class Post:
    """A message as it is posted to an address of a user."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to tell alerts, of one of the two sorts below. A message may be sent twice: its id goes with
    it, for the other side to know.

    ``delays_s`` are how long to wait after each try that failed; after the last of them it is given up.
    ``rate`` is how many messages an owner is sent in how many seconds; what is over waits.
    """

    name: str
    about: str
    delays_s: Sequence[float]
    rate: tuple[int, float]


@dataclass(frozen=True, kw_only=True)
class ToOwner(Channel):
    """To where the owner's account says. ``send`` returns what the other side said, or raises NotDelivered;
    it lets go of the database (``release_connections``) before it waits for another server."""

    send: Callable[[Message], str]


@dataclass(frozen=True, kw_only=True)
class ToReceiver(Channel):
    """To a Receiver: an address that somebody gave, whose server may be slow. So ``write`` only says what is
    to be posted, or raises NotDelivered, and many are posted at once. ``signs``: with the receiver's
    secrets."""

    write: Callable[[Message], Post]
    signs: bool = False
