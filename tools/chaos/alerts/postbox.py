"""A real SMTP server that keeps the alerts it is sent."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tools.chaos.alerts.arrivals import Arrival
from tools.stack.ports import LOOPBACK, pick_port

TAKES_S = 0.3
"""At most so long after a mail is kept the sender hears of it: meanwhile it may die, and not know."""

_ALERT = re.compile(r"#alert-([0-9a-f-]{36})")


class Postbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        alerts = find_alerts(text_of(message))
        self.arrivals.append(Arrival(channel="mail", id=str(message["Message-ID"]), alerts=alerts))
        self.mails.append(message)
        await asyncio.sleep(random.uniform(0, TAKES_S))
        return "250 kept"


def text_of(message: EmailMessage) -> str:
    """Its plain text."""
    plain = message.get_body(("plain",))
    return str(plain.get_content()) if plain else ""


def find_alerts(text: str) -> frozenset[str]:
    """The ids of the alerts that a mail links to."""
    return frozenset(_ALERT.findall(text))


@dataclass(frozen=True, kw_only=True)
class Mailing:
    """A running post box, and the settings of a product that mails to it."""

    box: Postbox
    settings: Mapping[str, str]

    @property
    def arrivals(self) -> Sequence[Arrival]:
        return self.box.arrivals


@contextmanager
def open_postbox() -> Iterator[Mailing]:
    """While inside, mails arrive."""
    box = Postbox()
    controller = Controller(box, hostname=LOOPBACK, port=pick_port())
    controller.start()
    try:
        settings = {"EMAIL_HOST": LOOPBACK, "EMAIL_PORT": str(controller.port)}
        yield Mailing(box=box, settings=settings)
    finally:
        controller.stop()
