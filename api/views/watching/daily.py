"""Endpoints over figures of days, and over old rows that go."""

from __future__ import annotations

import uuid
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import operators, watched
from api.requests.parameters import Whole
from api.view import Answer, ApiView
from api.views.ops import StaffView
from contracts.questions.filters import Filters
from monitors import saved, watching
from monitors.daily import figures, retention
from monitors.models import Monitor

DAYS = (
    Whole(name="days", meaning="how many of the latest", low=1, high=figures.MOST, default=figures.USUAL),
)
ANSWERS = {"GET": {200: Answer(meaning="the figures by day", shape=watched.DailyFigures)}}


class DatasetFigures(ApiView):
    """What all contracts came to on the last days, without the flood-control source."""

    query = DAYS
    answers: ClassVar = ANSWERS

    def get(self, request: Request) -> Response:
        return Response(_represent(None, Filters(), most=self.asked["days"]))


class MonitorFigures(ApiView):
    """What one's own monitor meant on the last days, since its filters were changed."""

    query = DAYS
    answers: ClassVar = ANSWERS

    def get(self, request: Request, monitor_id: uuid.UUID) -> Response:
        monitor = watching.get_monitor(owner_of(request), monitor_id)
        return Response(_represent(monitor, saved.read_filters(monitor.search), most=self.asked["days"]))


class OldData(StaffView):
    """What the nightly cleanup would remove now, which it is not."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the old rows", shape=operators.OldData)}}

    def get(self, request: Request) -> Response:
        return Response({"old": retention.list_old()})


def _represent(monitor: Monitor | None, filters: Filters | None, *, most: int) -> watched.DailyFigures:
    latest = figures.list_figures(monitor)[:most]
    return {
        "filters": None if filters is None else filters.to_json(),
        "figures": [
            {
                "day": one.day.isoformat(),
                "contracts": one.contracts,
                "value": f"{one.value:.2f}",
                "dataset_version": one.dataset_version,
            }
            for one in reversed(latest)
        ],
    }
