"""Endpoints over export files: list, look at, download, delete."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.db.models.functions import Now
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.request import Request
from rest_framework.response import Response

from api import representation
from api.access.owners import visible_to
from api.document import shapes
from api.models import EXPORT, READ
from api.pagination import PAGED, answer_page
from api.problems import problem
from api.requests.headers import (
    ACCEPT_RANGES,
    CONTENT_DISPOSITION,
    CONTENT_RANGE,
    ETAG,
    IF_NONE_MATCH,
    IF_RANGE,
    LOCATION,
    RANGE,
    names_etag,
    read_range,
)
from api.view import Answer, ApiView, refusal
from api.waiting.downloads import Download
from contracts.snapshot.citation import SAMPLE_MARK
from data_processing import datasets
from data_processing.database.release import release_connections
from data_processing.errors import Expired, NotFound
from data_processing.models import ExportFile
from data_processing.outputs import export_store, files

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "csv.gz": "application/gzip",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
FILE: Mapping[str, Any] = {"shape": bytes, "media_types": tuple(CONTENT_TYPES.values())}
FILE_HEADERS = (ETAG, ACCEPT_RANGES, CONTENT_DISPOSITION)


FILE_ANSWERS: Mapping[int, Answer] = {
    200: Answer(meaning="the file", headers=FILE_HEADERS, **FILE),
    206: Answer(meaning="the range of it", headers=(*FILE_HEADERS, CONTENT_RANGE), **FILE),
    302: Answer(meaning="an object store gives it, for some minutes", headers=(LOCATION,)),
    304: Answer(meaning="the client has it", headers=FILE_HEADERS),
    416: refusal("the file ends before the range begins", CONTENT_RANGE),
}
"""What ``send_file`` answers."""
FILE_HEEDS = (RANGE, IF_RANGE, IF_NONE_MATCH)


class ExportList(ApiView):
    """One's own export files, newest first."""

    query = PAGED
    answers: ClassVar = {"GET": {200: Answer(meaning="a page of files", shape=shapes.Page[shapes.Export])}}

    def get(self, request: Request) -> Response:
        rows = visible_to(request, ExportFile.objects.filter(deleted_at=None))
        return answer_page(self, rows, lambda page: [representation.export_file(export) for export in page])


class ExportDetail(ApiView):
    """One export file."""

    scopes: ClassVar = {"GET": READ, "DELETE": EXPORT}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the file's facts", shape=shapes.Export)},
        "DELETE": {204: Answer(meaning="it is gone")},
    }

    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        return Response(representation.export_file(_get_visible(request, export_id)))

    def delete(self, request: Request, export_id: uuid.UUID) -> Response:
        export = _get_visible(request, export_id)
        ExportFile.objects.filter(pk=export.pk, deleted_at=None).update(deleted_at=Now())
        release_connections()
        files.discard([export.path])
        return Response(status=204)


class ExportDownload(ApiView):
    """The file itself, whole or a range of it (RFC 9110, one range)."""

    heeds = FILE_HEEDS
    answers: ClassVar = {"GET": {**FILE_ANSWERS, 410: refusal("the file has expired")}}

    def get(self, request: Request, export_id: uuid.UUID) -> HttpResponseBase:
        export = _get_visible(request, export_id)
        expired = export.deleted_at is not None or export.expires_at <= timezone.now()
        if not expired:
            export_store.note_reader(export)
        # An object store may let one wait.
        release_connections()
        if expired or not files.is_there(export.path):
            raise Expired("the file has expired; it can be made again", rerun=str(export.pk))
        return send_file(request, export)


def _get_visible(request: Request, export_id: uuid.UUID) -> ExportFile:
    export = visible_to(request, ExportFile.objects.filter(pk=export_id)).first()
    if export is None:
        raise NotFound("there is no export with this export_id")
    return export


def _content_type(export: ExportFile) -> str:
    # Another version may have written a format that this one does not.
    return CONTENT_TYPES.get(export.format, "application/octet-stream")


def _name(export: ExportFile) -> str:
    """What the file is to be called. Files of ``bulk/`` are called by their address, which says nothing of
    samples."""
    marked = export.name.startswith(SAMPLE_MARK) or not datasets.is_sample(export.dataset_version)
    return export.name if marked else f"{SAMPLE_MARK}{export.name}"


def send_file(request: Request, export: ExportFile) -> HttpResponseBase:
    """A file that is there: from us, from nginx, or by an address of the object store."""
    if settings.EXPORT_S3_REDIRECT and files.has_bucket():
        url = files.sign_url(export.path, name=_name(export), content_type=_content_type(export))
        return HttpResponse(status=302, headers={"Location": url, "Cache-Control": "no-store"})
    return _send_here(request, export)


def _send_here(request: Request, export: ExportFile) -> HttpResponseBase:
    etag, size = f'"{export.sha256}"', export.size_bytes
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Type": _content_type(export),
        "Content-Disposition": content_disposition_header(True, _name(export)),
        "Cache-Control": "private, no-transform",
    }
    if names_etag(request, etag):
        return HttpResponse(status=304, headers=headers)
    if settings.EXPORT_ACCEL_PREFIX:
        # nginx sends the file and cuts the ranges; these headers it keeps.
        headers["X-Accel-Redirect"] = settings.EXPORT_ACCEL_PREFIX + quote(export.path)
        return HttpResponse(headers=headers)
    wanted = read_range(request, size=size, etag=etag)
    if wanted is None:
        return problem(
            416,
            "range-not-satisfiable",
            "The file ends before the range begins.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    start, stop = wanted
    status = 200 if (start, stop) == (0, size) else 206
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    chunks = files.read_chunks(export.path, start, stop)
    return StreamingHttpResponse(Download(chunks), status=status, headers=headers)
