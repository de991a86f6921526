"""Endpoints over export files: list, look at, download, delete."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

from asgiref.sync import sync_to_async
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

CHUNK_BYTES = 256 * 1024
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

    def get(self, request: Request, export_id: uuid.UUID) -> HttpResponseBase:
        export = _find(request, export_id)
        path = files.absolute_path(export.path)
        if export.deleted_at is not None or export.expires_at <= timezone.now() or not path.is_file():
            raise Expired("the file has expired; it can be made again", rerun=str(export.pk))
        return _file_response(request, export, path)


def _find(request: Request, export_id: uuid.UUID) -> ExportFile:
    export = visible_to(request, ExportFile.objects.filter(pk=export_id)).first()
    if export is None:
        raise NotFound("there is no export with this export_id")
    return export


def _file_response(request: Request, export: ExportFile, path: Path) -> HttpResponseBase:
    etag = f'"{export.sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Content-Type": CONTENT_TYPES[export.format],
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(export.name)}",
        "Cache-Control": "private, no-transform",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    size = export.size_bytes
    wanted = _parse_range(request.headers.get("Range", ""), size)
    if request.headers.get("If-Range", etag) != etag:
        wanted = (0, size)
    if wanted is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = wanted
    partial = (start, stop) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    return StreamingHttpResponse(_read(path, start, stop), status=206 if partial else 200, headers=headers)


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


async def _read(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    """Chunks of the file; never more than one in memory."""
    descriptor = await sync_to_async(os.open)(path, os.O_RDONLY)
    try:
        while start < stop:
            chunk = await sync_to_async(os.pread)(descriptor, min(CHUNK_BYTES, stop - start), start)
            if not chunk:
                break
            start += len(chunk)
            yield chunk
    finally:
        os.close(descriptor)
