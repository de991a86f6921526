"""Endpoints over monitors: saved searches that the program looks at again and again."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import watched
from api.models import READ, WATCH
from api.requests.headers import LOCATION, MAYBE_RETRY_AFTER
from api.view import Answer, ApiView, refusal
from data_processing import datasets
from monitors import sweeping, watching
from monitors.models import Monitor
from monitors.questions import MonitorChange, MonitorToMake

GONE = Answer(meaning="it is gone")
ONE = Answer(meaning="the monitor", shape=watched.Monitor)


class MonitorList(ApiView):
    """One's own monitors, newest first; POST watches a saved search from now on."""

    body = MonitorToMake
    scopes: ClassVar = {"GET": READ, "POST": WATCH}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="all of them", shape=watched.Monitors)},
        "POST": {
            201: Answer(meaning="it is watched", shape=watched.Monitor, headers=(LOCATION,)),
            404: refusal("there is no such saved search or receiver, or it is somebody else's"),
            409: refusal("it has a monitor already, or you have as many as you may have"),
        },
    }

    def get(self, request: Request) -> Response:
        return Response({"monitors": [represent(one) for one in watching.list_monitors(owner_of(request))]})

    def post(self, request: Request) -> Response:
        shown = represent(watching.watch(owner_of(request), MonitorToMake.from_json(request.data)))
        return Response(shown, status=201, headers={"Location": shown["links"]["self"]})


class MonitorDetail(ApiView):
    """One of one's own; PATCH changes what it gives, DELETE ends it, with its alerts."""

    body = MonitorChange
    scopes: ClassVar = {"GET": READ, "PATCH": WATCH, "DELETE": WATCH}
    answers: ClassVar = {"GET": {200: ONE}, "PATCH": {200: ONE}, "DELETE": {204: GONE}}

    def get(self, request: Request, monitor_id: uuid.UUID) -> Response:
        return Response(represent(_get_own(request, monitor_id)))

    def patch(self, request: Request, monitor_id: uuid.UUID) -> Response:
        monitor = _get_own(request, monitor_id)
        return Response(represent(watching.change(monitor, MonitorChange.from_json(request.data))))

    def delete(self, request: Request, monitor_id: uuid.UUID) -> Response:
        _get_own(request, monitor_id).delete()
        return Response(status=204)


class CheckMonitor(ApiView):
    """Compares it with the current dataset version at once, not at its next time."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {
        "POST": {
            200: Answer(meaning="whether there is something to compare", shape=watched.CheckAsked),
            503: refusal("no dataset has been imported yet, or the database is away", MAYBE_RETRY_AFTER),
        }
    }

    def post(self, request: Request, monitor_id: uuid.UUID) -> Response:
        monitor = _get_own(request, monitor_id)
        version = datasets.current_snapshot().version
        checking = sweeping.ask_check_now(monitor) or _is_asked(monitor)
        asked: watched.CheckAsked = {"checking": checking, "dataset_version": version}
        return Response(asked)


class MonitorFeed(ApiView):
    """POST gives it a feed (Atom, RSS) at a new secret address, the old one is gone; DELETE closes it."""

    scopes: ClassVar = {"POST": WATCH, "DELETE": WATCH}
    answers: ClassVar = {"POST": {200: ONE}, "DELETE": {204: GONE}}

    def post(self, request: Request, monitor_id: uuid.UUID) -> Response:
        return Response(represent(watching.open_feed(_get_own(request, monitor_id))))

    def delete(self, request: Request, monitor_id: uuid.UUID) -> Response:
        watching.close_feed(_get_own(request, monitor_id))
        return Response(status=204)


def represent(monitor: Monitor) -> watched.Monitor:
    return {
        "id": str(monitor.pk),
        "search": str(monitor.search_id),
        "name": monitor.search.name,
        "schedule": monitor.schedule,
        "channels": list(monitor.channels),
        "receivers": sorted(str(receiver.pk) for receiver in monitor.receivers.all()),
        "paused": monitor.paused,
        "contracts": monitor.contracts,
        "checked_version": monitor.checked_version or None,
        "checked_at": monitor.checked_at.isoformat() if monitor.checked_at else None,
        "next_check_at": monitor.next_check_at.isoformat() if monitor.next_check_at else None,
        "checking": monitor.asked_at is not None,
        "error": monitor.error or None,
        "created_at": monitor.created_at.isoformat(),
        "links": {
            "self": reverse("monitor-detail", args=[monitor.pk]),
            "figures": reverse("monitor-figures", args=[monitor.pk]),
            "check": reverse("monitor-check", args=[monitor.pk]),
            "search": reverse("saved-search-detail", args=[monitor.search_id]),
            "feed": _link_feed("alert-feed", monitor),
            "rss": _link_feed("alert-feed-rss", monitor),
        },
    }


def _link_feed(name: str, monitor: Monitor) -> str | None:
    return None if monitor.feed_key is None else reverse(name, args=[monitor.feed_key])


def _get_own(request: Request, monitor_id: uuid.UUID) -> Monitor:
    return watching.get_monitor(owner_of(request), monitor_id)


def _is_asked(monitor: Monitor) -> bool:
    return Monitor.objects.filter(pk=monitor.pk).exclude(asked_at=None).exists()
