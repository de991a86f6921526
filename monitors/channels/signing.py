"""Signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): HMAC-SHA256, ``v1``."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NotRequired, TypedDict

PREFIX = "whsec_"


class Secret(TypedDict):
    """A secret as a Receiver keeps it: base64 behind PREFIX. ``until``: it has a successor, and signs until
    then. Times in ISO 8601."""

    secret: str
    made_at: str
    until: NotRequired[str]


def list_current(secrets: Iterable[Secret], at: datetime) -> list[Secret]:
    """Those that sign at this time."""
    return [one for one in secrets if "until" not in one or datetime.fromisoformat(one["until"]) > at]


def sign(body: bytes, *, message_id: str, at: datetime, secrets: Iterable[Secret]) -> Mapping[str, str]:
    """The headers of a message: who has any of the ``secrets`` can tell that it is ours and of when."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_sign_by_each(signed, secrets)),
    }


def _sign_by_each(signed: bytes, secrets: Iterable[Secret]) -> Iterator[str]:
    for one in secrets:
        key = base64.b64decode(one["secret"].removeprefix(PREFIX))
        yield "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
