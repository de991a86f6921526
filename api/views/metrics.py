"""GET /metrics for Prometheus: staff, or whoever brings the token of the setting METRICS_TOKEN."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from api.access.authentication import SessionAuthentication
from api.view import Answer, ApiView
from data_processing.database.release import release_connections
from data_processing.operations import metrics


class IsStaffOrScraper(BasePermission):
    """Staff, or the bearer of METRICS_TOKEN where one is set."""

    def has_permission(self, request: Request, view: object) -> bool:
        given = request.headers.get("Authorization", "")
        wanted = settings.METRICS_TOKEN
        # In constant time, because how far a guess is right could be told by the time that it takes.
        if wanted and constant_time_compare(given, f"Bearer {wanted}"):
            return True
        return bool(request.user.is_authenticated and request.user.is_staff)


class PlainText(BaseRenderer):
    """Lets scrapers ask for text; only errors are rendered by it."""

    media_type = "text/plain"
    format = "txt"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return json.dumps(data).encode()


class Metrics(ApiView):
    """Figures of queues and runs."""

    # No Basic: whoever reads this every few seconds would have a password hashed every few seconds.
    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsStaffOrScraper,)
    throttle_classes = ()
    renderer_classes = (JSONRenderer, PlainText)
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the text format of Prometheus", shape=str, media_types=("text/plain",))}
    }

    def get(self, request: Request) -> HttpResponse:
        release_connections()
        return HttpResponse(metrics.render_metrics(), content_type=CONTENT_TYPE_LATEST)
