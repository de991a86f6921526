"""E-mail, as text and HTML, to the address of the owner's account."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string

from data_processing.database.release import release_connections
from monitors.channels.channel import Message, NotDelivered, ToOwner
from monitors.models import Alert, Delivery, DeliveryState, Monitor
from monitors.wording import link_to, sum_up, title_of

NAME = "mail"
SALT = "monitors.unsubscribe"
ALL_OF = "all of "
"""What a signed text begins with that speaks of all monitors of an owner."""
SHOWN, SHOWN_OF_MANY = 20, 5
"""Contracts that a mail tells one by one, of one alert and of each of several; the page tells more."""


def send(message: Message) -> str:
    """Raises NotDelivered."""
    # Not to an address that somebody types in: nobody gets mail who did not ask for it.
    address = _find_address(message.owner)
    if address is None:
        raise NotDelivered("the owner has no account with an e-mail address", final=True)
    mail = _write(message, address)
    # The server may let one wait.
    release_connections()
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        final = all(code >= 500 for code, _ in error.recipients.values())
        raise NotDelivered("the mail server refuses the address", final=final) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server has not taken it: {error}") from None
    return "the mail server has taken it"


def _write(message: Message, address: str) -> EmailMultiAlternatives:
    site = settings.SITE_URL.rstrip("/")
    unsubscribe = f"{site}/unsubscribe/{_sign_all(message)}/"
    told = {
        "alerts": [
            _tell(alert, SHOWN if len(message.alerts) == 1 else SHOWN_OF_MANY) for alert in message.alerts
        ],
        "site": site,
        "unsubscribe": unsubscribe,
    }
    mail = EmailMultiAlternatives(
        subject=title_of(message.alerts),
        body=render_to_string("monitors/alert.txt", told),
        to=[address],
        headers={
            # The same at each try, by which mail programs know a second one.
            "Message-ID": f"<{message.id}@{urlsplit(site).hostname or 'localhost'}>",
            "Auto-Submitted": "auto-generated",
            # In one click, without signing in (RFC 8058).
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    mail.attach_alternative(render_to_string("monitors/alert.html", told), "text/html")
    return mail


def _tell(alert: Alert, shown: int) -> Mapping[str, object]:
    matches = alert.matches[:shown]
    return {
        "name": alert.monitor.search.name,
        "summary": sum_up(alert),
        "matches": matches,
        "more": alert.new + alert.amended - len(matches),
        "link": link_to(alert),
    }


def _sign_all(message: Message) -> str:
    """One link for what is one mail: where it tells of several monitors, it ends the mails of all that the
    owner has. A link that names each would be longer than a line of a mail may be."""
    monitors = {alert.monitor_id: alert.monitor for alert in message.alerts}
    [monitor, *others] = monitors.values()
    return signing.dumps(f"{ALL_OF}{message.owner}", salt=SALT) if others else sign(monitor)


def sign(monitor: Monitor) -> str:
    """The text that lets its bearer end the mails of a monitor, and nothing else."""
    return signing.dumps(str(monitor.pk), salt=SALT)


def find_signed(text: str) -> Sequence[Monitor]:
    """The monitors whose mails the bearer may end; none where they are gone, or the text is none of ours."""
    try:
        said: str = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return ()
    mine = Q(owner=said.removeprefix(ALL_OF)) if said.startswith(ALL_OF) else Q(pk=said)
    return list(Monitor.objects.select_related("search").filter(mine).order_by("created_at"))


@transaction.atomic
def unsubscribe(monitors: Sequence[Monitor]) -> None:
    """No mails of these monitors from now on, also not those that wait."""
    for monitor in monitors:
        channels = [channel for channel in monitor.channels if channel != NAME]
        Monitor.objects.filter(pk=monitor.pk).update(channels=channels)
    waiting = Delivery.objects.filter(alert__monitor__in=monitors, channel=NAME, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.DROPPED)


def _find_address(owner: str) -> str | None:
    kind, _, key = owner.partition(":")
    if kind != "user" or not key.isdecimal():
        return None
    user = User.objects.filter(pk=int(key), is_active=True).first()
    return user.email or None if user else None


CHANNEL = ToOwner(
    name=NAME,
    about="an e-mail to the address of one's account",
    send=send,
    delays_s=(60, 300, 1800, 2 * 3600, 6 * 3600, 24 * 3600),
    rate=(30, 60.0),
)
