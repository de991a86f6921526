"""Endpoints over the files of whole dataset versions: which there are, their description, the files.

A version's files are made when somebody first asks for them, or before by housekeeping
(``data_processing.operations.bulk``).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.document import bulk as shapes
from api.problems import problem
from api.requests.headers import MAYBE_RETRY_AFTER, RETRY_AFTER
from api.view import Answer, ApiView, refusal
from api.views.exports import CONTENT_TYPES, FILE_ANSWERS, FILE_HEEDS, send_file
from contracts.fields import FIELDS, FieldType
from contracts.snapshot.citation import SAMPLE_WARNING
from contracts.snapshot.versions import Manifest
from data_processing import datasets
from data_processing.database.release import release_connections
from data_processing.errors import NotFound
from data_processing.kinds.bulk import FORMAT, BulkRequest
from data_processing.models import ExportFile
from data_processing.operations import bulk
from data_processing.operations.bulk import BulkFiles
from data_processing.outputs import files

CURRENT = "current"
"""In an address, in place of a version."""
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
DESCRIPTION = (
    "All contracts of a dataset version of the PhilGEPS Data Explorer, a file for each year of award; those "
    "of no known day are in a file of their own. The column source tells the main source from flood_control, "
    "which overlaps it: do not add the two up. Amounts are pesos with two decimals."
)
COME_AGAIN_S = 5
Kind = Literal["string", "integer", "number", "date"]
TYPES: dict[FieldType, Kind] = {
    FieldType.TEXT: "string",
    FieldType.INTEGER: "integer",
    FieldType.MONEY: "number",
    FieldType.DATE: "date",
    FieldType.SHARE: "number",
}
"""What Table Schema calls them."""
GONE = refusal("the version is not on disk (any more)")
FULL = refusal("there is no room for the files", RETRY_AFTER)
NO_DATA = refusal("no dataset has been imported yet, or the database is away")
BEING_MADE = Answer(
    meaning="the files are being made; come again", shape=shapes.BulkProgress, headers=(RETRY_AFTER,)
)
AROUND = {202: BEING_MADE, 410: GONE, 429: FULL, 503: NO_DATA}


class BulkView(ApiView):
    """Of a version, or of the current one."""

    @classmethod
    def is_there(cls) -> bool:
        return bool(settings.BULK_FILES)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not self.is_there():
            raise NotFound("there is nothing at this address")
        super().initial(request, *args, **kwargs)


class BulkList(BulkView):
    """All contracts of a dataset version, in files: a year each."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the files", shape=shapes.Bulk), **AROUND}}

    def get(self, request: Request, version: str) -> Response:
        found = _find(version)
        return _say_progress(found) if found.missing else Response(_list(found))


class BulkPackage(BulkView):
    """The same described as a Data Package, for programs that read such."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the description", shape=shapes.DataPackage), **AROUND}}

    def get(self, request: Request, version: str) -> Response:
        found = _find(version)
        return _say_progress(found) if found.missing else Response(_describe(found))


class BulkDownload(BulkView):
    """One of the files, whole or a range of it."""

    heeds = FILE_HEEDS
    answers: ClassVar = {
        "GET": {
            **FILE_ANSWERS,
            410: GONE,
            429: FULL,
            503: refusal("the file is being made, or a server is away", MAYBE_RETRY_AFTER),
        }
    }

    def get(self, request: Request, version: str, name: str) -> HttpResponseBase:
        found = _find(version)
        if name not in {part.file_name for part in (*found.made, *found.missing)}:
            raise NotFound("the dataset version has no such file")
        file = next((made for made in found.made.values() if made.name == name), None)
        # An object store may let one wait.
        release_connections()
        if file is not None and files.is_there(file.path):
            return send_file(request, file)
        if file is not None:
            bulk.note_lost(file)
            _find(version)
        return problem(
            503,
            "bulk-file-missing",
            "The file is being made; come again.",
            headers={"Retry-After": str(COME_AGAIN_S)},
        )


def _find(version: str) -> BulkFiles:
    """What there is; what is missing is being made from now on."""
    snapshot = datasets.current_snapshot() if version == CURRENT else datasets.get_snapshot(version)
    found = bulk.find_files(snapshot.version)
    if found.missing:
        bulk.start_missing(found)
    return found


def _say_progress(found: BulkFiles) -> Response:
    made, all_ = len(found.made), len(found.made) + len(found.missing)
    body: shapes.BulkProgress = {
        "dataset_version": found.version,
        "sample": datasets.is_sample(found.version),
        "status": f"The files are being made: {made} of {all_} are there. Come again.",
        "files_made": made,
        "files": all_,
    }
    return Response(body, status=202, headers={"Retry-After": str(COME_AGAIN_S)})


def _list(found: BulkFiles) -> shapes.Bulk:
    made = found.made.values()
    return {
        "dataset_version": found.version,
        "sample": datasets.is_sample(found.version),
        "rows": sum(file.rows for file in made),
        "size_bytes": sum(file.size_bytes for file in made),
        "datapackage": reverse("bulk-package", args=[found.version]),
        "files": [_represent(part, file) for part, file in found.made.items()],
    }


def _represent(part: BulkRequest, file: ExportFile) -> shapes.BulkFile:
    return {
        "name": file.name,
        "year": part.year,
        "rows": file.rows,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "url": reverse("bulk-download", args=[file.dataset_version, file.name]),
    }


def _describe(found: BulkFiles) -> shapes.DataPackage:
    manifest = datasets.get_snapshot(found.version).manifest()
    return {
        "$schema": PROFILE,
        "name": "philgeps-contracts",
        "title": "PhilGEPS contracts",
        "description": f"{SAMPLE_WARNING} {DESCRIPTION}" if manifest.sample else DESCRIPTION,
        "version": found.version,
        "created": manifest.created_at.isoformat(),
        "sources": _list_sources(manifest),
        "resources": [_describe_file(part, file) for part, file in found.made.items()],
    }


def _list_sources(manifest: Manifest) -> list[shapes.PackageSource]:
    return [{"title": source.file} for source in manifest.sources]


def _describe_file(part: BulkRequest, file: ExportFile) -> shapes.Resource:
    return {
        "name": f"contracts-{part.year or 'undated'}",
        "title": part.describe(),
        "type": "table",
        "path": file.name,
        "format": FORMAT,
        "mediatype": CONTENT_TYPES[FORMAT],
        "bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
        "schema": {
            "fields": [
                {
                    "name": field.name,
                    "title": field.label,
                    "type": TYPES[field.type],
                    "description": field.description,
                }
                for field in FIELDS
            ],
            "primaryKey": ["id"],
        },
    }
