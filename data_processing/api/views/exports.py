"""Endpoints over export files: list, look at, download, delete."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models.functions import Now
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from data_processing import files
from data_processing.api import representation
from data_processing.api.owners import visible_to
from data_processing.api.pagination import NewestFirst
from data_processing.errors import Expired, NotFound
from data_processing.models import ExportFile

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "csv.gz": "application/gzip",
    "parquet": "application/vnd.apache.parquet",
}


class ExportList(APIView):
    """One's own export files, newest first."""

    def get(self, request: Request) -> Response:
        pages = NewestFirst()
        rows = visible_to(request, ExportFile.objects.filter(deleted_at=None))
        page = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response([representation.export_file(export) for export in page or ()])


class ExportDetail(APIView):
    """One export file."""

    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        return Response(representation.export_file(_find(request, export_id)))

    def delete(self, request: Request, export_id: uuid.UUID) -> Response:
        export = _find(request, export_id)
        ExportFile.objects.filter(pk=export.pk, deleted_at=None).update(deleted_at=Now())
        files.remove([export.path])
        return Response(status=204)


class ExportDownload(APIView):
    """The file itself, whole or a range of it (RFC 9110, one range)."""

    answers: ClassVar[Mapping[int, str]] = {
        200: "the file",
        206: "the range that was asked for",
        302: "the file lies in an object store: the address gives it for some minutes",
        304: "the client has it, by If-None-Match",
        410: "the file has expired",
        416: "the file ends before the range",
    }

    def get(self, request: Request, export_id: uuid.UUID) -> HttpResponseBase:
        export = _find(request, export_id)
        expired = export.deleted_at is not None or export.expires_at <= timezone.now()
        if expired or not files.is_there(export.path):
            raise Expired("the file has expired; it can be made again", rerun=str(export.pk))
        if settings.EXPORT_S3_REDIRECT and files.find_bucket() is not None:
            url = files.sign_url(export.path, name=export.name, content_type=CONTENT_TYPES[export.format])
            return HttpResponse(status=302, headers={"Location": url, "Cache-Control": "no-store"})
        return _file_response(request, export)


def _find(request: Request, export_id: uuid.UUID) -> ExportFile:
    export = visible_to(request, ExportFile.objects.filter(pk=export_id)).first()
    if export is None:
        raise NotFound("there is no export with this export_id")
    return export


def _file_response(request: Request, export: ExportFile) -> HttpResponseBase:
    etag, size = f'"{export.sha256}"', export.size_bytes
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Type": CONTENT_TYPES[export.format],
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(export.name)}",
        "Cache-Control": "private, no-transform",
    }
    if _knows(request, etag):
        return HttpResponse(status=304, headers=headers)
    if settings.EXPORT_ACCEL_PREFIX:
        # nginx sends the file and cuts the ranges; these headers it keeps.
        headers["X-Accel-Redirect"] = settings.EXPORT_ACCEL_PREFIX + quote(export.path)
        return HttpResponse(headers=headers)
    wanted = _parse_range(request.headers.get("Range", ""), size)
    if request.headers.get("If-Range", etag) != etag:
        wanted = (0, size)
    if wanted is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = wanted
    status = 200 if (start, stop) == (0, size) else 206
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    chunks = _stream(files.read_chunks(export.path, start, stop))
    return StreamingHttpResponse(chunks, status=status, headers=headers)


def _knows(request: Request, etag: str) -> bool:
    """Whether If-None-Match names the file (RFC 9110, weak comparison)."""
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    return etag in known or known == ["*"]


def _parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Half-open byte range; the whole file for what is no single range; None if it cannot be satisfied."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else None
    start, stop = int(first), min(size, int(last) + 1 if last else size)
    return (start, stop) if start < stop else None


async def _stream(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, read in other threads than those of the requests."""
    read = sync_to_async(partial(next, chunks, b""), thread_sensitive=False)
    while chunk := await read():
        yield chunk
