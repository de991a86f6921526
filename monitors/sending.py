"""One try to send an alert by its channel, and what follows from it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from monitors.channels import CHANNELS
from monitors.channels.channel import Channel, NotDelivered
from monitors.models import Delivery, DeliveryState

logger = logging.getLogger(__name__)

LATER_S = 600
"""After so long, a worker that knows the channel may have come."""
LONGEST_SAID = 500


def send(delivery_id: str) -> str | None:
    """Try once; the state afterwards, None where there is nothing to send. A worker that dies after the other
    side has taken it tries again, with the same id."""
    waiting = Delivery.objects.select_related("alert__monitor__search").filter(
        pk=delivery_id, state=DeliveryState.WAITING
    )
    delivery = waiting.first()
    if delivery is None:
        return None
    channel = CHANNELS.get(delivery.channel)
    if channel is None:
        logger.warning("this version of the program knows no channel %r", delivery.channel)
        return _note(delivery, DeliveryState.WAITING, "unknown channel", again_in_s=LATER_S)
    try:
        said = channel.send(delivery)
    except NotDelivered as error:
        return _note_failure(delivery, channel, error)
    return _note(delivery, DeliveryState.SENT, said)


def _note_failure(delivery: Delivery, channel: Channel, error: NotDelivered) -> str:
    number = len(delivery.tries)
    if error.final or number >= len(channel.delays_s):
        logger.warning("delivery %s is given up: %s", delivery.pk, error)
        return _note(delivery, DeliveryState.FAILED, str(error))
    return _note(delivery, DeliveryState.WAITING, str(error), again_in_s=channel.delays_s[number])


def _note(delivery: Delivery, state: DeliveryState, said: str, *, again_in_s: float = 0.0) -> str:
    now = timezone.now()
    attempt = {"at": now.isoformat(), "state": state.value, "said": said[:LONGEST_SAID]}
    # Only while it waits: who unsubscribed meanwhile hears no more of it.
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(
        state=state,
        tries=[*delivery.tries, attempt],
        due_at=now + timedelta(seconds=again_in_s),
        asked_at=None,
        sent_at=now if state == DeliveryState.SENT else None,
    )
    return state.value
