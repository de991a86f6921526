"""The files of whole dataset versions, for those who want all contracts. They are made by runs of the
program's own, one a year, and live as long as their version.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from contracts.errors import NoDataset
from contracts.questions.filters import Filters
from contracts.questions.query import Aggregation
from data_processing import datasets
from data_processing.errors import ExportStoreFull
from data_processing.kinds.bulk import KIND, BulkRequest
from data_processing.lifecycle import submission
from data_processing.models import OWN, UNFINISHED, ExportFile, TaskRun
from data_processing.outputs import export_store, files

logger = logging.getLogger(__name__)

EVERY_YEAR = Aggregation(filters=Filters(include_flood_control=True), dimensions=("by_year",))


@dataclass(frozen=True, kw_only=True)
class BulkFiles:
    """The files of a version that are there, by what is in them, and those that are not."""

    version: str
    made: dict[BulkRequest, ExportFile]
    missing: Sequence[BulkRequest]


def find_files(version: str) -> BulkFiles:
    """What there is of a version. Raises contracts.errors.SnapshotMissing."""
    parts = _list_parts(version)
    keys = {_key(part, version): part for part in parts}
    living = _list_living().filter(dataset_version=version).select_related("run").order_by("created_at")
    # The younger of two, where one was lost and made again.
    by_part = {keys[file.run.request_key]: file for file in living if file.run.request_key in keys}
    made = {part: by_part[part] for part in parts if part in by_part}
    return BulkFiles(version=version, made=made, missing=[part for part in parts if part not in made])


def start_missing(found: BulkFiles) -> None:
    """Have the missing files made, unless somebody is at it. Raises ExportStoreFull."""
    keys = {_key(part, found.version): part for part in found.missing}
    unfinished = TaskRun.objects.filter(owner=OWN, request_key__in=keys, state__in=UNFINISHED)
    for key in unfinished.values_list("request_key", flat=True):
        keys.pop(key, None)
    for part in keys.values():
        export_store.expect_room()
        submission.record_file(KIND, part, version=found.version)


def note_lost(file: ExportFile) -> None:
    """The file is not where its row says: it is made again with the next ``start_missing``."""
    logger.warning("the file %s of dataset version %s is lost", file.name, file.dataset_version)
    ExportFile.objects.filter(pk=file.pk, deleted_at=None).update(deleted_at=Now())


def keep_files() -> None:
    """See that the current version has all of its files, and that those of versions on disk do not expire."""
    drop_files()
    keep = timedelta(hours=settings.EXPORT_KEEP_HOURS)
    _list_living().update(expires_at=Now() + keep)
    if not settings.BULK_FILES:
        return
    try:
        found = find_files(datasets.current_snapshot().version)
        for file in found.made.values():
            if not files.is_there(file.path):
                note_lost(file)
        start_missing(find_files(found.version))
    except NoDataset:
        logger.debug("there is no dataset to make files of")
    except (ExportStoreFull, *files.STORE_ERRORS) as error:
        logger.warning("files of the dataset version cannot be made now: %s", error)


def drop_files() -> None:
    """Remove the files of versions that are not on disk any more."""
    export_store.remove(_list_living().exclude(dataset_version__in=datasets.list_versions()))


def _list_living() -> QuerySet[ExportFile]:
    return ExportFile.objects.filter(owner=OWN, run__kind=KIND.name, deleted_at=None)


def _list_parts(version: str) -> list[BulkRequest]:
    """The years that have contracts, and last, where there are some, what has no year."""
    with datasets.open_store(version).reader() as reader:
        labels = [part["label"] for part in reader.aggregate(EVERY_YEAR)["by_year"]]
    years = [BulkRequest(year=int(label)) for label in labels if label is not None]
    return [*years, BulkRequest()] if None in labels else years


def _key(part: BulkRequest, version: str) -> str:
    return submission.request_key(KIND.name, part, version)
