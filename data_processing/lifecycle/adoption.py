"""What an anonymous visitor started becomes that of the user who signs in."""

from __future__ import annotations

from django.db import transaction

from data_processing.lifecycle.runs import window
from data_processing.models import UNFINISHED, ExportFile, IdempotencyKey, TaskRun


@transaction.atomic
def adopt(visitor: str, *, by: str) -> None:
    """Give the owner ``by`` the runs, files and idempotency keys of ``visitor``.

    What the new owner has already stays with the visitor: an equal unfinished run, the use of an equal key.
    """
    # Nothing equal may come between the look and the change.
    window.hold_window(by)
    # Without their address from now on: a user's runs count for the user alone.
    unfinished = TaskRun.objects.filter(owner=by, state__in=UNFINISHED)
    TaskRun.objects.filter(owner=visitor).exclude(
        state__in=UNFINISHED, request_key__in=unfinished.values("request_key")
    ).update(owner=by, address=None)
    ExportFile.objects.filter(owner=visitor).update(owner=by, address="")
    used = IdempotencyKey.objects.filter(owner=by)
    theirs = IdempotencyKey.objects.filter(owner=visitor, run__owner=by)
    theirs.exclude(key__in=used.values("key")).update(owner=by)
