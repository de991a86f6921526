"""OCDS: the contracts of a filter as an archive of the Open Contracting Data Standard."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, TypedDict

from django.conf import settings

from contracts.fields import Also
from contracts.progress import Progress
from contracts.questions.filters import Filters
from contracts.questions.query import digest
from contracts.questions.texts import OneOf
from contracts.writers.ocds import Publication, write_ocds
from data_processing import datasets
from data_processing.kinds.context import Context, MadeFile, Outcome, Work
from data_processing.kinds.exporting.files import ARCHIVE, expect_few, make_stem
from data_processing.kinds.kind import TaskKind, TaskRequest


class OcdsRequest(TaskRequest):
    """Which contracts to publish. ``format`` can only be an archive with a file for each year."""

    filters: Filters = Filters()
    format: Annotated[str, OneOf((ARCHIVE,), "format")] = ARCHIVE

    def describe(self) -> str:
        return f"OCDS releases: {self.filters.describe()}"


class OcdsResult(TypedDict):
    """The archive that was made: so many contracts in so many releases, in a file for each year."""

    name: str
    format: Annotated[str, Also(enum=[ARCHIVE])]
    rows: int
    releases: int
    files: int
    ocid_prefix: str
    export_id: Annotated[str, Also(format="uuid")]
    size_bytes: int
    sha256: Annotated[str, Also(pattern="^[0-9a-f]{64}$")]


def export_ocds(request: OcdsRequest, context: Context) -> Work:
    """Payload: name, format and rows of the archive, and the releases and files in it.

    Raises ExportTooLarge, contracts.errors.OutOfSpace.
    """
    yield Progress(phase="counting rows", current=0, total=0)
    # All that there is: the rows are sorted by process, and beyond that DuckDB goes on on the disk.
    with context.open_reader(memory_mb=settings.ENGINE_MEMORY_MB) as reader:
        rows = reader.count(request.filters).rows
        expect_few(rows)
        path = context.partial_path(ARCHIVE)
        yield Progress(phase="sorting by process", current=0, total=rows)
        batches = reader.stream_processes(request.filters)
        made = yield from write_ocds(batches, path, total_rows=rows, publication=_publish(request, context))
    words = request.filters.describe()
    name = f"{make_stem(words, sample=context.sample)}-ocds.{ARCHIVE}"
    return Outcome(
        payload={
            "name": name,
            "format": ARCHIVE,
            "rows": rows,
            "releases": made.releases,
            "files": made.files,
            "ocid_prefix": settings.OCDS_PREFIX,
        },
        file=MadeFile(partial=path, name=name, format=ARCHIVE, rows=rows, filters_in_words=words),
    )


def _publish(request: OcdsRequest, context: Context) -> Publication:
    manifest = datasets.open_store(context.dataset_version).snapshot.manifest()
    return Publication(
        prefix=settings.OCDS_PREFIX,
        publisher=settings.OCDS_PUBLISHER,
        version=context.dataset_version,
        published_at=manifest.created_at.astimezone(UTC),
        name=digest(request.filters.to_json()),
    )


KIND = TaskKind(
    name="ocds",
    task="export_ocds",
    queue="normal",
    about="Write contracts as releases of the Open Contracting Data Standard, a file for each year.",
    request=OcdsRequest,
    result=OcdsResult,
    work=export_ocds,
    time_limit_s=3 * 3600,
    formats=(ARCHIVE,),
)
