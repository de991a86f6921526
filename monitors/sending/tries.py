"""One try to send a message by its channel, and what follows from it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from data_processing.lifecycle import limits
from monitors import receivers
from monitors.channels import CHANNELS
from monitors.channels.channel import Channel, Message, NotDelivered, ReceiverGone
from monitors.models import Delivery, DeliveryState, Told
from monitors.sending import claims

logger = logging.getLogger(__name__)

LATER_S = 600
"""After so long, a worker that knows the channel may have come."""
LONGEST_WAIT_S = 24 * 3600
TO_A_HOST = (60, 60.0)
"""Posts to one host in so many seconds."""
LONGEST_SAID = 500
TRIES_KEPT = 30


def send(delivery_id: str) -> str | None:
    """Try once; the state afterwards, None where there is nothing to send now. It may be called twice, at
    once too, and die anywhere: a worker that dies after the other side has taken the message is followed by
    a later try, under the same id."""
    delivery = claims.list_claimable().filter(pk=delivery_id).first()
    if delivery is None:
        return None
    channel = CHANNELS.get(delivery.channel)
    if channel is None:
        logger.warning("this version of the program knows no channel %r", delivery.channel)
        return _put_off(delivery, LATER_S)
    wait_s = _take_turn(delivery, channel)
    if wait_s:
        return _put_off(delivery, wait_s)
    claimed = claims.claim(delivery)
    return None if claimed is None else _try(claimed, channel)


def _take_turn(delivery: Delivery, channel: Channel) -> float:
    """0.0 where it may be sent now; otherwise the seconds until it may be asked again."""
    wait_s = limits.take_turn(f"{delivery.channel}:{delivery.owner}", channel.rate)
    host = receivers.find_host(delivery.target) if channel.to_receivers and not wait_s else None
    # A host is protected from all owners together: visitors are new ones as often as they like.
    return wait_s if host is None else limits.take_turn(f"host:{host}", TO_A_HOST)


def _put_off(delivery: Delivery, wait_s: float) -> str | None:
    return DeliveryState.WAITING.value if claims.put_off(delivery, in_s=wait_s) else None


def _try(delivery: Delivery, channel: Channel) -> str | None:
    alerts = claims.list_alerts(delivery)
    if not alerts and delivery.tells != Told.TEST:
        return _note(delivery, DeliveryState.DROPPED, "nothing of it is wanted any more")
    message = Message(
        id=delivery.pk,
        owner=delivery.owner,
        target=delivery.target,
        told_at=alerts[-1].created_at if alerts else delivery.created_at,
        alerts=alerts,
    )
    try:
        said = channel.send(message)
    except NotDelivered as error:
        return _note_failure(delivery, channel, error)
    return _note(delivery, DeliveryState.SENT, said)


@transaction.atomic
def _note_failure(delivery: Delivery, channel: Channel, error: NotDelivered) -> str | None:
    if isinstance(error, ReceiverGone):
        receivers.disable(delivery.target, reason=str(error))
    if error.final or delivery.failures >= len(channel.delays_s):
        logger.warning("delivery %s is given up: %s", delivery.pk, error)
        return _note(delivery, DeliveryState.FAILED, str(error))
    again_in_s = max(channel.delays_s[delivery.failures], min(error.retry_after_s, LONGEST_WAIT_S))
    return _note(delivery, DeliveryState.WAITING, str(error), again_in_s=again_in_s)


@transaction.atomic
def _note(delivery: Delivery, state: DeliveryState, said: str, *, again_in_s: float = 0.0) -> str | None:
    """Record what became of the try, and of all that a digest tells; None where the claim is good no more."""
    failed = state in (DeliveryState.WAITING, DeliveryState.FAILED)
    sent_at = timezone.now() if state == DeliveryState.SENT else None
    attempt = {"at": timezone.now().isoformat(), "state": state.value, "said": said[:LONGEST_SAID]}
    noted = claims.held_by(delivery).update(
        state=state,
        tries=[*delivery.tries, attempt][-TRIES_KEPT:],
        failures=delivery.failures + failed,
        due_at=Now() + timedelta(seconds=again_in_s),
        lease_until=None,
        sent_at=sent_at,
    )
    if not noted:
        logger.info("delivery %s was taken over or dropped; what became of the try is not noted", delivery.pk)
        return None
    if state in (DeliveryState.SENT, DeliveryState.FAILED):
        parts = Delivery.objects.filter(told_with=delivery).exclude(state=DeliveryState.DROPPED)
        parts.update(state=state, sent_at=sent_at)
    return state.value
