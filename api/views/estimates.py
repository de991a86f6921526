"""Endpoints that say what an export would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import shapes
from api.models import READ
from api.view import Answer, ApiView
from api.views.tasks import NO_DATA
from data_processing import datasets
from data_processing.kinds.export import ExportRequest
from data_processing.kinds.exporting import FileRequest
from data_processing.kinds.exporting.ocds import OcdsRequest
from data_processing.kinds.table_export import TableExportRequest
from data_processing.lifecycle.submission import get_reusable, request_key
from data_processing.outputs import estimates
from data_processing.outputs.estimates import ExportEstimate


class Estimate(ApiView):
    """Says what an export would be, without starting it."""

    kind: ClassVar[str]
    reads: ClassVar[type[FileRequest | OcdsRequest]]
    measure: ClassVar[Callable[..., ExportEstimate]]
    scopes: ClassVar = {"POST": READ}
    answers: ClassVar = {"POST": {200: Answer(meaning="the estimate", shape=shapes.Estimate), 503: NO_DATA}}

    def post(self, request: Request) -> Response:
        wanted = self.reads.from_json(request.data)
        version = datasets.current_snapshot().version
        estimate = type(self).measure(wanted, format=wanted.format, version=version)
        key = request_key(self.kind, wanted, version)
        return Response({**estimate, "reuse": get_reusable(owner_of(request), key) is not None})


class EstimateExport(Estimate):
    """Says what an export would be, without starting it."""

    kind = "export"
    body = reads = ExportRequest
    measure = staticmethod(estimates.estimate_export)


class EstimateTableExport(Estimate):
    """Says what an export of a table would be, without starting it."""

    kind = "table_export"
    body = reads = TableExportRequest
    measure = staticmethod(estimates.estimate_table)


class EstimateOcds(Estimate):
    """Says what an archive of OCDS releases would be, without starting it."""

    kind = "ocds"
    body = reads = OcdsRequest
    measure = staticmethod(estimates.estimate_ocds)


ESTIMATES: Mapping[str, type[Estimate]] = {
    one.kind: one for one in (EstimateExport, EstimateTableExport, EstimateOcds)
}
"""Kind that makes files -> the endpoint that estimates them."""
