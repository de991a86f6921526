"""Addresses of people's own to which alerts are posted: kept, signed for, tested, and what went there."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from data_processing.database import locks
from data_processing.errors import NotFound
from monitors.channels import SIGNED
from monitors.channels.signing import PREFIX, Secret, list_current
from monitors.errors import SignsNothing, TooManySaved
from monitors.models import Delivery, DeliveryState, Receiver, Told, is_free
from monitors.questions import MOST_RECEIVERS, ReceiverChange, ReceiverToMake

MOST_SECRETS = 4
SECRET_BYTES = 32
SIGNS_ON = timedelta(hours=24)
"""So long an old secret signs beside the new one, within which the other side learns that."""
BY_OWNER = "switched off by its owner"


def list_receivers(owner: str) -> QuerySet[Receiver]:
    """Those of the owner, newest first."""
    return Receiver.objects.filter(owner=owner).order_by("-created_at", "pk")


def list_by_ids(owner: str, ids: Iterable[str]) -> Sequence[Receiver]:
    """Those of the owner with these ids. Raises NotFound where one is not there."""
    return [get_receiver(owner, uuid.UUID(one)) for one in ids]


def get_receiver(owner: str, receiver_id: uuid.UUID) -> Receiver:
    """Raises NotFound."""
    found = list_receivers(owner).filter(pk=receiver_id).first()
    if found is None:
        raise NotFound("there is no receiver with this id")
    return found


@transaction.atomic
def add(owner: str, wanted: ReceiverToMake) -> Receiver:
    """Alerts may be posted there from now on. Raises TooManySaved."""
    # Two that count at once would both find the last place free.
    locks.hold(f"receivers of {owner}")
    if list_receivers(owner).count() >= MOST_RECEIVERS:
        raise TooManySaved(f"you may have {MOST_RECEIVERS} receivers: delete some that you need no more")
    return Receiver.objects.create(
        owner=owner,
        channel=wanted.channel,
        name=wanted.name,
        url=wanted.url,
        secrets=[_make_secret()] if wanted.channel in SIGNED else [],
    )


def change(receiver: Receiver, wanted: ReceiverChange) -> Receiver:
    """Take over what ``wanted`` gives."""
    changed: dict[str, object] = {}
    if wanted.name is not None:
        changed["name"] = wanted.name
    if wanted.url is not None:
        changed["url"] = wanted.url
    if wanted.disabled is not None:
        changed["disabled_at"] = timezone.now() if wanted.disabled else None
        changed["reason"] = BY_OWNER if wanted.disabled else ""
    if changed:
        Receiver.objects.filter(pk=receiver.pk).update(**changed)
        receiver.refresh_from_db()
    return receiver


@transaction.atomic
def rotate(receiver: Receiver) -> Receiver:
    """Give it a new secret; the one before signs on for SIGNS_ON. Raises SignsNothing."""
    if not receiver.secrets:
        raise SignsNothing(f"the channel {receiver.channel} signs nothing")
    # Locked, or of two at once the secret that one of them was shown would be lost.
    held = Receiver.objects.select_for_update().get(pk=receiver.pk)
    now = timezone.now()
    until = (now + SIGNS_ON).isoformat()
    older = [{"until": until, **old} for old in list_current(held.secrets, now)]
    held.secrets = [_make_secret(), *older][:MOST_SECRETS]
    held.save(update_fields=["secrets"])
    return held


def count_current(receiver: Receiver) -> int:
    """How many of its secrets sign now."""
    return len(list_current(receiver.secrets, timezone.now()))


@transaction.atomic
def delete(receiver: Receiver) -> None:
    """It is gone, with the list of what went there."""
    Delivery.objects.filter(target=str(receiver.pk)).delete()
    receiver.delete()


def find_host(receiver_id: str) -> str | None:
    """The host that it is at; None where it is gone."""
    url = Receiver.objects.filter(pk=receiver_id).values_list("url", flat=True).first()
    return None if url is None else urlsplit(url).hostname


def disable(receiver_id: str, *, reason: str) -> None:
    """Send nothing there any more, until its owner says otherwise."""
    on = Receiver.objects.filter(pk=receiver_id, disabled_at=None)
    on.update(disabled_at=timezone.now(), reason=reason[:200])


def list_deliveries(receiver: Receiver) -> QuerySet[Delivery]:
    """What went there, or is on its way, newest first."""
    return Delivery.objects.filter(target=str(receiver.pk), owner=receiver.owner)


def test(receiver: Receiver) -> Delivery:
    """Send a message that tells nothing."""
    return Delivery.objects.create(
        owner=receiver.owner,
        tells=Told.TEST,
        channel=receiver.channel,
        target=str(receiver.pk),
        due_at=timezone.now(),
    )


def replay(receiver: Receiver, delivery_id: uuid.UUID) -> Delivery:
    """Send it again under its id, or at once where it waits for its next try. Raises NotFound."""
    delivery = list_deliveries(receiver).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("there is no delivery with this id")
    # The digest tells it: under its own id the receiver would take it for another alert.
    told = delivery.told_with or delivery
    # One that is being sent is being sent; and whoever has sent it by now is not to send it twice for that.
    asked = {"state": DeliveryState.WAITING, "failures": 0, "due_at": timezone.now(), "asked_at": None}
    Delivery.objects.filter(is_free(), pk=told.pk).update(**asked)
    delivery.refresh_from_db()
    return delivery


def _make_secret() -> Secret:
    text = PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    return {"secret": text, "made_at": timezone.now().isoformat()}
