"""Taking what waits to be sent: by one process at a time, and many of the same receiver in one message."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from data_processing.database import locks
from monitors.models import Alert, Delivery, DeliveryState, Told, is_free

# Longer than Celery lets a try live: the time limit of the kinds, and GRACE_S of data_processing.tasks.
LEASE_S = 150
"""So long nobody else sends what a process has claimed."""
TOGETHER_FROM = 6
"""When so many alerts of an owner wait for the same channel and receiver, one message tells them."""
MOST_TOGETHER = 40
"""More would be longer than mail programs and Slack show."""


def list_claimable() -> QuerySet[Delivery]:
    """Those that are to be sent now and that nobody is sending."""
    # Due by the clock of the database too, as they are free.
    return Delivery.objects.filter(is_free(), state=DeliveryState.WAITING, told_with=None, due_at__lte=Now())


@transaction.atomic
def claim(delivery: Delivery) -> Delivery | None:
    """Take it, or the digest that tells it from now on; None where it is not to be had any more."""
    # Two that gather the deliveries of one owner would wait for each other's rows.
    locks.hold(f"deliveries of {delivery.owner}")
    digest = _gather(delivery)
    if digest is not None:
        return _take(digest.pk)
    return _take(delivery.pk)


def _take(delivery_id: uuid.UUID) -> Delivery | None:
    # Raised with the lease, in one statement: no two processes ever have the same number.
    lease_until = Now() + timedelta(seconds=LEASE_S)
    claimable = list_claimable().filter(pk=delivery_id)
    if not claimable.update(attempt=F("attempt") + 1, lease_until=lease_until, asked_at=None):
        return None
    return Delivery.objects.get(pk=delivery_id)


def _gather(delivery: Delivery) -> Delivery | None:
    """A digest of all that waits for the same receiver, where it is much; in the caller's transaction."""
    # Only what nobody has ever tried to send: the receiver may have got it, under its own id.
    untried = Delivery.objects.filter(
        owner=delivery.owner,
        channel=delivery.channel,
        target=delivery.target,
        tells=Told.ALERT,
        state=DeliveryState.WAITING,
        told_with=None,
        attempt=0,
    )
    ids = list(untried.order_by("due_at").values_list("pk", flat=True)[:MOST_TOGETHER])
    if delivery.pk not in ids or len(ids) < TOGETHER_FROM:
        return None
    # What it tells is settled here, before the first try: each try under its id tells the same.
    digest = Delivery.objects.create(
        owner=delivery.owner,
        tells=Told.DIGEST,
        channel=delivery.channel,
        target=delivery.target,
        due_at=delivery.due_at,
    )
    Delivery.objects.filter(pk__in=ids).update(told_with=digest, asked_at=None)
    return digest


def list_alerts(delivery: Delivery) -> Sequence[Alert]:
    """The alerts that it tells, without those that are not wanted any more."""
    told = Delivery.objects.filter(Q(pk=delivery.pk) | Q(told_with=delivery))
    wanted = told.exclude(state=DeliveryState.DROPPED).values("alert")
    alerts = Alert.objects.filter(pk__in=wanted).select_related("monitor__search")
    return list(alerts.order_by("created_at", "pk"))


def put_off(delivery: Delivery, *, in_s: float) -> bool:
    """Send it later than now, which is no try; False where somebody has taken it."""
    later = Now() + timedelta(seconds=in_s)
    return bool(list_claimable().filter(pk=delivery.pk).update(due_at=later, asked_at=None))


def held_by(delivery: Delivery) -> QuerySet[Delivery]:
    """The delivery while the claim is good: the fence."""
    # Of whoever unsubscribed meanwhile it is not waiting any more.
    return Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, state=DeliveryState.WAITING)
