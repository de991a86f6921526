"""How many bytes all export files together may take, and whose go first when they would take more."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from data_processing.errors import ExportStoreFull
from data_processing.models import ExportFile
from data_processing.outputs import files

# A file goes for others only when it is older than that, and nobody has begun to read it for as long.
SPARED_S = 900
NOTED_EVERY_S = 60


def expect_room() -> None:
    """Raises ExportStoreFull where not even the removal of files would make room for another one."""
    if count_bytes() - _sum(_removable()) >= limit_bytes():
        raise ExportStoreFull(_in_words())


def make_room() -> None:
    """Remove files until all that there are, whole and in the making, take no more than they may. Raises
    ExportStoreFull where that is not enough."""
    over = count_bytes() - limit_bytes()
    # What has expired goes first: nobody can ask for it any more.
    if over > 0:
        remove_expired()
        over = count_bytes() - limit_bytes()
    while over > 0:
        export = _next_to_go()
        if export is None:
            raise ExportStoreFull(_in_words())
        _remove(export)
        over -= export.size_bytes


def count_bytes() -> int:
    """What the export files take, with those in the making."""
    return _sum(ExportFile.objects.filter(deleted_at=None)) + files.count_partial_bytes()


def remove_expired() -> None:
    remove(ExportFile.objects.filter(expires_at__lt=Now(), deleted_at=None))


def remove(exports: QuerySet[ExportFile]) -> None:
    for export in exports:
        _remove(export)


def note_reader(export: ExportFile) -> None:
    """Somebody begins to read the file. Written once a minute: a resumed download comes in many ranges."""
    lately = timezone.now() - timedelta(seconds=NOTED_EVERY_S)
    if export.read_at is None or export.read_at < lately:
        ExportFile.objects.filter(pk=export.pk).update(read_at=Now())


def _removable() -> QuerySet[ExportFile]:
    """Those that visitors have left lying: users' files stay until they expire."""
    long_ago = Now() - timedelta(seconds=SPARED_S)
    unread = Q(read_at=None) | Q(read_at__lt=long_ago)
    return ExportFile.objects.filter(
        unread, deleted_at=None, owner__startswith="visitor:", created_at__lt=long_ago
    )


def _next_to_go() -> ExportFile | None:
    """The oldest of the address that holds most."""
    # So a flood drives out its own files, and not those of others.
    by_address = _removable().values("address").annotate(held=Sum("size_bytes")).order_by("-held")
    most = by_address.first()
    return (
        None if most is None else _removable().filter(address=most["address"]).order_by("created_at").first()
    )


def _remove(export: ExportFile) -> None:
    # The row first: from then on nobody is sent to the file.
    ExportFile.objects.filter(pk=export.pk).update(deleted_at=Now())
    files.discard([export.path])


def _sum(exports: QuerySet[ExportFile]) -> int:
    return exports.aggregate(size=Sum("size_bytes"))["size"] or 0


def limit_bytes() -> int:
    return round(settings.EXPORT_STORE_MAX_GB * 1e9)


def _in_words() -> str:
    return (
        f"all export files together may take {settings.EXPORT_STORE_MAX_GB:g} GB, and they do; ask for less, "
        "delete files that you do not need any more, or come back later"
    )
