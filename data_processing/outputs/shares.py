"""Links to export files: made for a time, revoked, opened by whoever has them."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from data_processing.errors import Expired, NotFound, ShareEnded, TooManyShares
from data_processing.models import ExportFile, FileShare

KEY_BYTES = 24
MOST_SHARES = 20
"""Links that open one file at a time."""


def list_shares(export: ExportFile) -> QuerySet[FileShare]:
    """Those that open the file, the newest first."""
    return export.shares.filter(revoked_at=None, ends_at__gt=timezone.now()).order_by("-created_at", "pk")


@transaction.atomic
def share(export: ExportFile, *, hours: int | None, made_by: str) -> FileShare:
    """A new link. It ends with the file at the latest. Raises Expired, TooManyShares."""
    # Locked, or two that count at once would both find the last place free.
    locked = ExportFile.objects.select_for_update().get(pk=export.pk)
    expect_file(locked)
    if list_shares(locked).count() >= MOST_SHARES:
        raise TooManyShares(f"a file may have {MOST_SHARES} links: revoke some that nobody needs any more")
    ends_at = locked.expires_at
    if hours is not None:
        ends_at = min(ends_at, timezone.now() + timedelta(hours=hours))
    key = secrets.token_urlsafe(KEY_BYTES)
    return FileShare.objects.create(export=locked, key=key, made_by=made_by, ends_at=ends_at)


def get_share(export: ExportFile, share_id: uuid.UUID) -> FileShare:
    """One of the file's, also one that has ended. Raises NotFound."""
    found = export.shares.filter(pk=share_id).first()
    if found is None:
        raise NotFound("the file has no link with this id")
    return found


def revoke(found: FileShare) -> None:
    """It opens nothing from now on. Repeatable."""
    FileShare.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=timezone.now())


def open_share(key: str) -> FileShare:
    """The link with this key, and its file, which is there. Raises NotFound, ShareEnded, Expired."""
    found = FileShare.objects.select_related("export").filter(key=key).first()
    if found is None:
        raise NotFound("this link opens no file: a part of it may be missing")
    if found.revoked_at is not None:
        raise ShareEnded("whoever made this link has revoked it")
    expect_file(found.export)
    if found.ends_at <= timezone.now():
        raise ShareEnded(f"this link ended at {found.ends_at:%Y-%m-%d %H:%M} UTC")
    return found


def expect_file(export: ExportFile) -> None:
    """Raises Expired where the file is gone."""
    if export.deleted_at is not None or export.expires_at <= timezone.now():
        raise Expired("the file has expired; whoever made it can make it again", rerun=str(export.pk))
