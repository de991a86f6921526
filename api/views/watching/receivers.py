"""Endpoints over receivers: addresses of one's own to which alerts are posted, and what went there."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import shapes, watched
from api.models import READ, WATCH
from api.pagination import PAGED, answer_page
from api.requests.headers import LOCATION
from api.view import Answer, ApiView, refusal
from monitors import receivers
from monitors.models import Delivery, DeliveryState, Receiver
from monitors.questions import ReceiverChange, ReceiverToMake

GONE = Answer(meaning="it is gone, with the list of what went there")
ONE = Answer(meaning="the receiver", shape=watched.Receiver)
SENDING = Answer(meaning="it is sent in a moment", shape=watched.Delivery)


class ReceiverList(ApiView):
    """One's own receivers, newest first; POST adds one, and shows its secret this once."""

    body = ReceiverToMake
    scopes: ClassVar = {"GET": READ, "POST": WATCH}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="all of them", shape=watched.Receivers)},
        "POST": {
            201: Answer(meaning="it is there", shape=watched.Receiver, headers=(LOCATION,)),
            409: refusal("you have as many as you may have"),
        },
    }

    def get(self, request: Request) -> Response:
        own = receivers.list_receivers(owner_of(request))
        return Response({"receivers": [represent(one) for one in own]})

    def post(self, request: Request) -> Response:
        made = receivers.add(owner_of(request), ReceiverToMake.from_json(request.data))
        shown = represent(made, with_secret=True)
        return Response(shown, status=201, headers={"Location": shown["links"]["self"]})


class ReceiverDetail(ApiView):
    """One of one's own; PATCH changes what it gives, DELETE ends it."""

    body = ReceiverChange
    scopes: ClassVar = {"GET": READ, "PATCH": WATCH, "DELETE": WATCH}
    answers: ClassVar = {"GET": {200: ONE}, "PATCH": {200: ONE}, "DELETE": {204: GONE}}

    def get(self, request: Request, receiver_id: uuid.UUID) -> Response:
        return Response(represent(_get_own(request, receiver_id)))

    def patch(self, request: Request, receiver_id: uuid.UUID) -> Response:
        receiver = _get_own(request, receiver_id)
        return Response(represent(receivers.change(receiver, ReceiverChange.from_json(request.data))))

    def delete(self, request: Request, receiver_id: uuid.UUID) -> Response:
        receivers.delete(_get_own(request, receiver_id))
        return Response(status=204)


class RotateSecret(ApiView):
    """Gives it a new secret, shown this once; the one before signs beside it for 24 hours more."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {200: ONE, 409: refusal("its channel signs nothing")}}

    def post(self, request: Request, receiver_id: uuid.UUID) -> Response:
        return Response(represent(receivers.rotate(_get_own(request, receiver_id)), with_secret=True))


class TestReceiver(ApiView):
    """Sends a message that tells nothing; its delivery says whether it arrives."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {200: SENDING}}

    def post(self, request: Request, receiver_id: uuid.UUID) -> Response:
        return Response(represent_delivery(receivers.test(_get_own(request, receiver_id))))


class DeliveryList(ApiView):
    """What went to a receiver, or is on its way, newest first."""

    query = PAGED
    answers: ClassVar = {
        "GET": {200: Answer(meaning="a page of deliveries", shape=shapes.Page[watched.Delivery])}
    }

    def get(self, request: Request, receiver_id: uuid.UUID) -> Response:
        sent = receivers.list_deliveries(_get_own(request, receiver_id))
        return answer_page(self, sent, lambda page: [represent_delivery(delivery) for delivery in page])


class ReplayDelivery(ApiView):
    """Sends it again, under the same id; at once where it waits for its next try. Of one that a digest tells,
    the digest."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {200: SENDING}}

    def post(self, request: Request, receiver_id: uuid.UUID, delivery_id: uuid.UUID) -> Response:
        receiver = _get_own(request, receiver_id)
        return Response(represent_delivery(receivers.replay(receiver, delivery_id)))


def represent(receiver: Receiver, *, with_secret: bool = False) -> watched.Receiver:
    newest = receiver.secrets[0]["secret"] if receiver.secrets else None
    return {
        "id": str(receiver.pk),
        "name": receiver.name,
        "channel": receiver.channel,
        "url": receiver.url,
        "secret": newest if with_secret else None,
        "secrets": receivers.count_current(receiver),
        "disabled_at": receiver.disabled_at.isoformat() if receiver.disabled_at else None,
        "reason": receiver.reason or None,
        "created_at": receiver.created_at.isoformat(),
        "links": {
            "self": reverse("receiver-detail", args=[receiver.pk]),
            "secret": reverse("receiver-secret", args=[receiver.pk]),
            "test": reverse("receiver-test", args=[receiver.pk]),
            "deliveries": reverse("receiver-deliveries", args=[receiver.pk]),
        },
    }


def represent_delivery(delivery: Delivery) -> watched.Delivery:
    waiting = delivery.state == DeliveryState.WAITING and delivery.told_with_id is None
    alert = delivery.alert_id
    return {
        "id": str(delivery.pk),
        "tells": delivery.tells,  # type: ignore[typeddict-item]
        "state": delivery.state,  # type: ignore[typeddict-item]
        "told_with": str(delivery.told_with_id) if delivery.told_with_id else None,
        "tries": delivery.tries,
        "due_at": delivery.due_at.isoformat() if waiting else None,
        "sent_at": delivery.sent_at.isoformat() if delivery.sent_at else None,
        "created_at": delivery.created_at.isoformat(),
        "links": {
            "alert": reverse("alert-detail", args=[alert]) if alert else None,
            "replay": reverse("delivery-replay", args=[delivery.target, delivery.pk]),
        },
    }


def _get_own(request: Request, receiver_id: uuid.UUID) -> Receiver:
    return receivers.get_receiver(owner_of(request), receiver_id)
