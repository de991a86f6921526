"""E-mail, as text and HTML, to the address of the owner's account."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from data_processing.database.release import release_connections
from monitors.channels.channel import Channel, NotDelivered
from monitors.models import Delivery, DeliveryState, Monitor
from monitors.wording import sum_up

NAME = "mail"
SALT = "monitors.unsubscribe"
SHOWN = 20
"""Contracts that a mail tells one by one; the page tells more."""


def send(delivery: Delivery) -> str:
    """Raises NotDelivered."""
    alert = delivery.alert
    # Not to an address that somebody types in: nobody gets mail who did not ask for it.
    address = _find_address(alert.owner)
    if address is None:
        raise NotDelivered("the owner has no account with an e-mail address", final=True)
    site = settings.SITE_URL.rstrip("/")
    unsubscribe = f"{site}/unsubscribe/{sign(alert.monitor)}/"
    told = {
        "alert": alert,
        "summary": sum_up(alert),
        "matches": alert.matches[:SHOWN],
        "more": alert.new + alert.amended - len(alert.matches[:SHOWN]),
        "site": site,
        "unsubscribe": unsubscribe,
    }
    message = EmailMultiAlternatives(
        subject=f"{alert.monitor.search.name}: {sum_up(alert)}",
        body=render_to_string("monitors/alert.txt", told),
        to=[address],
        headers={
            # The same at each try, by which mail programs know a second one.
            "Message-ID": f"<{delivery.pk}@{urlsplit(site).hostname or 'localhost'}>",
            "Auto-Submitted": "auto-generated",
            # In one click, without signing in (RFC 8058).
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    message.attach_alternative(render_to_string("monitors/alert.html", told), "text/html")
    # The server may let one wait.
    release_connections()
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        final = all(code >= 500 for code, _ in error.recipients.values())
        raise NotDelivered("the mail server refuses the address", final=final) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server has not taken it: {error}") from None
    return "the mail server has taken it"


def sign(monitor: Monitor) -> str:
    """The text that lets its bearer end the mails of a monitor, and nothing else."""
    return signing.dumps(str(monitor.pk), salt=SALT)


def find_signed(text: str) -> Monitor | None:
    """The monitor that ``sign`` meant; None where it is gone, or the text is none of ours."""
    try:
        monitor_id = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    return Monitor.objects.select_related("search").filter(pk=monitor_id).first()


def unsubscribe(monitor: Monitor) -> None:
    """No mails of this monitor from now on, also not those that wait."""
    channels = [channel for channel in monitor.channels if channel != NAME]
    Monitor.objects.filter(pk=monitor.pk).update(channels=channels)
    waiting = Delivery.objects.filter(alert__monitor=monitor, channel=NAME, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.DROPPED)


def _find_address(owner: str) -> str | None:
    kind, _, key = owner.partition(":")
    if kind != "user" or not key.isdecimal():
        return None
    user = User.objects.filter(pk=int(key), is_active=True).first()
    return user.email or None if user else None


CHANNEL = Channel(
    name=NAME,
    about="an e-mail to the address of one's account",
    send=send,
    delays_s=(60, 300, 1800, 2 * 3600, 6 * 3600, 24 * 3600),
)
