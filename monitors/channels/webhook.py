"""Standard Webhooks 1.0.0: JSON, signed, under an id by which receivers know a second try."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.conf import settings
from django.utils import timezone

from monitors.channels.channel import Message, Post, ToReceiver, get_receiver
from monitors.channels.signing import list_current, sign
from monitors.models import Alert
from monitors.wording import link_to

NAME = "webhook"
SHOWN, SHOWN_OF_MANY = 20, 0
"""Contracts that a message tells one by one, of one alert and of each of several: the standard wants it
smaller than 20 kB. The API tells more."""
# After each try that failed, as the standard has them: 0 s, 5 s, 5 min 5 s, 35 min 5 s and so on after the
# first one; ten tries within 75 hours.
DELAYS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)


def write(message: Message) -> Post:
    """Raises NotDelivered."""
    receiver = get_receiver(message)
    now = timezone.now()
    # To the byte what is signed.
    body = json.dumps(write_body(message), ensure_ascii=False, separators=(",", ":")).encode()
    secrets = list_current(receiver.secrets, now)
    headers = sign(body, message_id=str(message.id), at=now, secrets=secrets)
    return Post(url=receiver.url, body=body, headers=headers)


def write_body(message: Message) -> Mapping[str, object]:
    """``alert.raised``: one alert; ``alert.digest``: several; ``receiver.test``: none."""
    told_at = message.told_at.isoformat()
    if not message.alerts:
        return {"type": "receiver.test", "timestamp": told_at, "data": {}}
    if len(message.alerts) == 1:
        return {"type": "alert.raised", "timestamp": told_at, "data": _tell(message.alerts[0], SHOWN)}
    told = [_tell(alert, SHOWN_OF_MANY) for alert in message.alerts]
    return {"type": "alert.digest", "timestamp": told_at, "data": {"alerts": told}}


def _tell(alert: Alert, shown: int) -> Mapping[str, object]:
    """As the API tells it, with the first of its contracts."""
    return {
        "id": str(alert.pk),
        "monitor": str(alert.monitor_id),
        "name": alert.monitor.search.name,
        "dataset_version": alert.dataset_version,
        "new": alert.new,
        "amended": alert.amended,
        "new_value": f"{alert.new_value:.2f}",
        "matches": alert.matches[:shown],
        "created_at": alert.created_at.isoformat(),
        "links": {
            "self": f"{settings.SITE_URL.rstrip('/')}/api/v1/alerts/{alert.pk}/",
            "page": link_to(alert),
        },
    }


CHANNEL = ToReceiver(
    name=NAME,
    about="a signed POST of JSON, as Standard Webhooks has it",
    write=write,
    delays_s=DELAYS_S,
    rate=(20, 60.0),
    signs=True,
)
