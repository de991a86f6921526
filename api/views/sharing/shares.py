"""Endpoints over links to export files: owners make and revoke them, whoever has one opens the file."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.http import HttpResponseBase
from django.urls import reverse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import visible_to
from api.document import shared
from api.models import EXPORT, READ
from api.requests.bodies import NewShare
from api.requests.headers import LOCATION
from api.view import Answer, ApiView, refusal
from api.views.exports import FILE_ANSWERS, FILE_HEEDS, send_file
from data_processing.database.release import release_connections
from data_processing.errors import Expired, NotFound
from data_processing.models import ExportFile, FileShare
from data_processing.outputs import export_store, files, shares

VISITOR = "a visitor without an account"
NO_FILE = refusal("there is no such task, it is somebody else's, or it has made no file")
ENDED = refusal("the link was revoked or its time is over, or the file has expired")


class ShareList(ApiView):
    """The links that open the file of a task; POST makes one more, for some hours."""

    body = NewShare
    scopes: ClassVar = {"GET": READ, "POST": EXPORT}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the links", shape=shared.Shares), 404: NO_FILE},
        "POST": {
            201: Answer(meaning="it opens the file", shape=shared.Share, headers=(LOCATION,)),
            404: NO_FILE,
            409: refusal("the file has as many links as it may have"),
            410: refusal("the file has expired"),
        },
    }

    def get(self, request: Request, task_id: uuid.UUID) -> Response:
        return Response(
            {"shares": [represent(one) for one in shares.list_shares(_get_own(request, task_id))]}
        )

    def post(self, request: Request, task_id: uuid.UUID) -> Response:
        export = _get_own(request, task_id)
        wanted = NewShare.from_json(request.data)
        made = shares.share(export, hours=wanted.hours, made_by=request.user.get_username())
        body = represent(made)
        return Response(body, status=201, headers={"Location": body["links"]["self"]})


class ShareDetail(ApiView):
    """One link to the file of a task; DELETE revokes it for good."""

    scopes: ClassVar = {"GET": READ, "DELETE": EXPORT}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the link, also when it has ended", shape=shared.Share), 404: NO_FILE},
        "DELETE": {204: Answer(meaning="it opens nothing any more"), 404: NO_FILE},
    }

    def get(self, request: Request, task_id: uuid.UUID, share_id: uuid.UUID) -> Response:
        return Response(represent(shares.get_share(_get_own(request, task_id), share_id)))

    def delete(self, request: Request, task_id: uuid.UUID, share_id: uuid.UUID) -> Response:
        shares.revoke(shares.get_share(_get_own(request, task_id), share_id))
        return Response(status=204)


class SharedFile(ApiView):
    """What a link opens: the file's facts, who made the link and when it ends. For whoever has the link."""

    # The link is the key: whoever is sent one need not sign in.
    authentication_classes = ()
    permission_classes = (AllowAny,)
    answers: ClassVar = {"GET": {200: Answer(meaning="the file", shape=shared.SharedFile), 410: ENDED}}

    def get(self, request: Request, key: str) -> Response:
        return Response(represent_file(shares.open_share(key)))


class SharedDownload(ApiView):
    """The file that a link opens, whole or a range of it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    heeds = FILE_HEEDS
    answers: ClassVar = {"GET": {**FILE_ANSWERS, 410: ENDED}}

    def get(self, request: Request, key: str) -> HttpResponseBase:
        export = shares.open_share(key).export
        export_store.note_reader(export)
        # An object store may let one wait.
        release_connections()
        if not files.is_there(export.path):
            raise Expired("the file has expired; whoever made it can make it again", rerun=str(export.pk))
        return send_file(request, export)


def represent(share: FileShare) -> shared.Share:
    return {
        "id": str(share.pk),
        "made_by": share.made_by or VISITOR,
        "created_at": share.created_at.isoformat(),
        "ends_at": (share.revoked_at or share.ends_at).isoformat(),
        "links": {
            "self": reverse("share-detail", args=[share.export_id, share.pk]),
            "page": reverse("shared", args=[share.key]),
            "shared": reverse("shared-file", args=[share.key]),
        },
    }


def represent_file(share: FileShare) -> shared.SharedFile:
    export = share.export
    return {
        "name": export.name,
        "format": export.format,
        "rows": export.rows,
        "size_bytes": export.size_bytes,
        "sha256": export.sha256,
        "filters_in_words": export.filters_in_words,
        "dataset_version": export.dataset_version,
        "created_at": export.created_at.isoformat(),
        "made_by": share.made_by or VISITOR,
        "ends_at": share.ends_at.isoformat(),
        "links": {
            "download": reverse("shared-download", args=[share.key]),
            "page": reverse("shared", args=[share.key]),
        },
    }


def _get_own(request: Request, task_id: uuid.UUID) -> ExportFile:
    export = visible_to(request, ExportFile.objects.filter(pk=task_id)).first()
    if export is None:
        raise NotFound("there is no file of a task with this task_id")
    return export
