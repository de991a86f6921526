"""Endpoints over alerts: the list, one of them, and the feeds of a monitor."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import shapes, watched
from api.models import READ, WATCH
from api.pagination import PAGED, answer_page
from api.view import Answer, ApiView
from monitors import watching
from monitors.models import Alert, Monitor
from monitors.wording import sum_up, tell_match

FEED_TYPE, RSS_TYPE = "application/atom+xml", "application/rss+xml"
IN_FEED = 50
PAGE = "/saved/"


class AlertList(ApiView):
    """What the checks of one's own monitors found, newest first."""

    query = PAGED
    answers: ClassVar = {"GET": {200: Answer(meaning="a page of alerts", shape=shapes.Page[watched.Alert])}}

    def get(self, request: Request) -> Response:
        alerts = watching.list_alerts(owner_of(request))
        return answer_page(self, alerts, lambda page: [represent(alert) for alert in page])


class AlertDetail(ApiView):
    """One alert of one's own monitors."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the alert", shape=watched.Alert)}}

    def get(self, request: Request, alert_id: uuid.UUID) -> Response:
        return Response(represent(watching.get_alert(owner_of(request), alert_id)))


class ReadAlerts(ApiView):
    """Notes that all alerts up to now have been looked at."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {204: Answer(meaning="it is noted")}}

    def post(self, request: Request) -> Response:
        watching.note_read(owner_of(request))
        return Response(status=204)


class AlertFeed(ApiView):
    """The alerts of one monitor as an Atom feed (RFC 4287), for whoever has its secret address."""

    # A reader of feeds signs in nowhere: the address is the key.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    answers: ClassVar = {"GET": {200: Answer(meaning="the feed", shape=bytes, media_types=(FEED_TYPE,))}}
    scopes: ClassVar = {"GET": READ}
    form: ClassVar[type[SyndicationFeed]] = Atom1Feed
    media_type: ClassVar = FEED_TYPE

    def get(self, request: Request, feed: str) -> HttpResponse:
        monitor = watching.get_by_feed(feed)
        text = _write_feed(self.form, monitor, request).writeString("utf-8")
        return HttpResponse(text, content_type=f"{self.media_type}; charset=utf-8")


class RssFeed(AlertFeed):
    """The same as RSS 2.0, for readers that know no Atom."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the feed", shape=bytes, media_types=(RSS_TYPE,))}}
    form = Rss201rev2Feed
    media_type = RSS_TYPE


def _write_feed(form: type[SyndicationFeed], monitor: Monitor, request: Request) -> SyndicationFeed:
    page = request.build_absolute_uri(PAGE)
    feed = form(
        title=monitor.search.name,
        link=page,
        description=monitor.search.note,
        feed_url=request.build_absolute_uri(),
        # Not by the address, which may change and is a secret.
        feed_guid=monitor.pk.urn,
    )
    for alert in monitor.alerts.order_by("-created_at")[:IN_FEED]:
        feed.add_item(
            title=sum_up(alert),
            link=f"{page}#alert-{alert.pk}",
            description="\n".join(tell_match(match) for match in alert.matches),
            unique_id=alert.pk.urn,
            # Of RSS, or readers would take it for an address.
            unique_id_is_permalink=False,
            pubdate=alert.created_at,
            updateddate=alert.created_at,
        )
    return feed


def represent(alert: Alert) -> watched.Alert:
    return {
        "id": str(alert.pk),
        "monitor": str(alert.monitor_id),
        "name": alert.monitor.search.name,
        "dataset_version": alert.dataset_version,
        "new": alert.new,
        "amended": alert.amended,
        "new_value": f"{alert.new_value:.2f}",
        "matches": alert.matches,
        "created_at": alert.created_at.isoformat(),
        "read_at": alert.read_at.isoformat() if alert.read_at else None,
        "links": {
            "self": reverse("alert-detail", args=[alert.pk]),
            "monitor": reverse("monitor-detail", args=[alert.monitor_id]),
        },
    }
