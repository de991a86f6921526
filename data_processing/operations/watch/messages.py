"""The messages to operators: one mail and one call of a webhook for all that is new, as jobs."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.mail import EmailMessage
from django_tasks import task

SEND_WITHIN_S = 10


class Begin(StrEnum):
    """How a sentence about an alert begins."""

    NEW = "New"
    STILL = "Still"
    OVER = "Over"


@dataclass(frozen=True, kw_only=True)
class News:
    """One thing to tell."""

    name: str
    text: str
    begin: Begin


@task(queue_name="high")
def mail_operators(subject: str, body: str) -> None:
    """Raises smtplib.SMTPException and OSError, after which the job is tried again."""
    EmailMessage(subject, body, to=settings.ALERT_MAIL_TO).send()


@task(queue_name="high")
def call_operators_webhook(subject: str, body: str) -> None:
    """POST of JSON with the member ``text``, as Slack and Mattermost take it. Raises OSError, also for every
    answer but 2xx, after which the job is tried again."""
    data = json.dumps({"text": f"{subject}\n{body}"}).encode()
    request = Request(settings.ALERT_WEBHOOK_URL, data=data, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=SEND_WITHIN_S):
        pass


DESCRIPTIONS = tuple(f"Job {sender.module_path}" for sender in (mail_operators, call_operators_webhook))
"""How the runs of messages are called."""


def enqueue(told: Sequence[News]) -> list[uuid.UUID]:
    """One message for each channel that the settings name; returns their runs."""
    told = sorted(told, key=lambda new: (list(Begin).index(new.begin), new.name))
    subject, body = _write_subject(told), _write_body(told)
    senders = [mail_operators] if settings.ALERT_MAIL_TO else []
    if settings.ALERT_WEBHOOK_URL:
        senders.append(call_operators_webhook)
    return [uuid.UUID(sender.enqueue(subject, body).id) for sender in senders]


def _write_subject(told: Sequence[News]) -> str:
    counts = {begin: sum(new.begin is begin for new in told) for begin in Begin}
    figures = ", ".join(f"{count} {begin.lower()}" for begin, count in counts.items() if count)
    return f"[PhilGEPS Explorer] {figures}: {', '.join(new.name for new in told)}"


def _write_body(told: Sequence[News]) -> str:
    sentences = [f"{new.begin}: {new.text} ({new.name})" for new in told]
    return "\n\n".join([*sentences, f"Told by {socket.gethostname()}."]) + "\n"
