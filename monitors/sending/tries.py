"""One try to send messages by their channels, and what follows from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from data_processing.lifecycle import limits
from monitors import receivers
from monitors.channels import CHANNELS, posting
from monitors.channels.channel import Message, NotDelivered, Post, ReceiverGone, ToOwner, ToReceiver
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


@dataclass(frozen=True, kw_only=True)
class Try:
    """A delivery that was claimed, and what it says."""

    delivery: Delivery
    channel: ToOwner | ToReceiver
    message: Message


def send(delivery_ids: Sequence[str]) -> list[str | None]:
    """Try once each that is to be sent now; the states afterwards, None where another has taken it over. All
    that goes to receivers is posted at the same time: together they take no longer than the slowest.

    It may be called twice, at once too, and die anywhere: a worker that dies after the other side has taken a
    message is followed by a later try, under the same id."""
    begun = [_begin(delivery_id) for delivery_id in delivery_ids]
    tries = [one for one in begun if one is not None]
    outcomes = _deliver(tries)
    states = [_note_outcome(one, outcome) for one, outcome in zip(tries, outcomes, strict=True)]
    # Errors of ours come last: what became of the others is noted whatever happens.
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, NotDelivered):
            raise outcome
    return states


def _begin(delivery_id: str) -> Try | None:
    delivery = claims.list_claimable().filter(pk=delivery_id).first()
    if delivery is None:
        return None
    channel = CHANNELS.get(delivery.channel)
    if channel is None:
        logger.warning("this version of the program knows no channel %r", delivery.channel)
        claims.put_off(delivery, in_s=LATER_S)
        return None
    wait_s = _take_turn(delivery, channel)
    if wait_s:
        claims.put_off(delivery, in_s=wait_s)
        return None
    claimed = claims.claim(delivery)
    return None if claimed is None else _address(claimed, channel)


def _take_turn(delivery: Delivery, channel: ToOwner | ToReceiver) -> float:
    """0.0 where it may be sent now; otherwise the seconds until it may be asked again."""
    wait_s = limits.take_turn(f"{delivery.channel}:{delivery.owner}", channel.rate)
    to_receiver = isinstance(channel, ToReceiver) and not wait_s
    host = receivers.find_host(delivery.target) if to_receiver else None
    # A host is protected from all owners together: visitors are new ones as often as they like.
    return wait_s if host is None else limits.take_turn(f"host:{host}", TO_A_HOST)


def _address(delivery: Delivery, channel: ToOwner | ToReceiver) -> Try | None:
    alerts = claims.list_alerts(delivery)
    if not alerts and delivery.tells != Told.TEST:
        _note(delivery, DeliveryState.DROPPED, "nothing of it is wanted any more")
        return None
    message = Message(
        id=delivery.pk,
        owner=delivery.owner,
        target=delivery.target,
        told_at=alerts[-1].created_at if alerts else delivery.created_at,
        alerts=alerts,
    )
    return Try(delivery=delivery, channel=channel, message=message)


def _deliver(tries: Sequence[Try]) -> Sequence[str | Exception]:
    """What the other sides said, or why they have not taken it."""
    written = [_write_or_send(one) for one in tries]
    answers = iter(posting.post_all([one for one in written if isinstance(one, Post)]))
    return [next(answers) if isinstance(one, Post) else one for one in written]


def _write_or_send(one: Try) -> Post | str | NotDelivered:
    try:
        if isinstance(one.channel, ToReceiver):
            return one.channel.write(one.message)
        return one.channel.send(one.message)
    except NotDelivered as error:
        return error


def _note_outcome(one: Try, outcome: str | Exception) -> str | None:
    if isinstance(outcome, str):
        return _note(one.delivery, DeliveryState.SENT, outcome)
    # Of an error of ours nothing is noted: it is tried again when the lease has run out.
    return _note_failure(one, outcome) if isinstance(outcome, NotDelivered) else None


@transaction.atomic
def _note_failure(one: Try, error: NotDelivered) -> str | None:
    delivery, delays_s = one.delivery, one.channel.delays_s
    if isinstance(error, ReceiverGone):
        receivers.disable(delivery.target, reason=str(error))
    if error.final or delivery.failures >= len(delays_s):
        logger.warning("delivery %s is given up: %s", delivery.pk, error)
        return _note(delivery, DeliveryState.FAILED, str(error))
    again_in_s = max(delays_s[delivery.failures], min(error.retry_after_s, LONGEST_WAIT_S))
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
