"""Turns of owners: so many of an owner's runs are with the broker at a time, the others are held back."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from data_processing.database import locks
from data_processing.lifecycle.runs.claims import Claim
from data_processing.models import State, TaskRun

# The greatest number of the database's column: more than requests can wait for a run, or runs can be.
EVERYBODY = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class OwnerLimits:
    """What one owner may have at a time: ``unfinished`` tasks in all, of which ``window`` are with the broker
    in each of ``window_queues``; the others are held back, so that owners take turns. ``from_address`` and
    ``address_window`` are the same for all visitors of one address."""

    unfinished: int
    window: int
    window_queues: frozenset[str]
    # Without a cookie each request makes another owner: where 100 exports were allowed, 160 were accepted.
    from_address: int = EVERYBODY
    address_window: int = EVERYBODY


# Retries have left the window: they wait for their time, not for a worker.
RELEASED = Q(state=State.STARTED) | Q(state=State.PENDING, publish_at__isnull=False)


def hold_window(owner: str) -> None:
    """Until this transaction ends, nobody else adds to the owner's unfinished runs or lets held ones go."""
    locks.hold(f"window of {owner}")


def release_held(*, window: int, address_window: int = EVERYBODY, after: Claim | None = None) -> int:
    """Let held-back runs of each owner go, oldest first, up to ``window`` per queue and ``address_window`` of
    an address; returns how many. ``after`` the end of a run, only those that may have waited for it."""
    held = TaskRun.objects.filter(state=State.PENDING, publish_at=None, cancel_requested_at=None)
    if after is not None:
        held = held.filter(Q(owner=after.owner) | Q(address=after.address, address__isnull=False))
    waiting = held.values_list("owner", "address", "queue").annotate(since=Min("created_at"))
    released, full = 0, set[tuple[str | None, str]]()
    for owner, address, queue, _ in waiting.order_by("since"):
        # Found full once, it is not counted again for each of its owners, who may be as many as its requests.
        if (address, queue) in full:
            continue
        with transaction.atomic():
            # Counted under the lock of who submits: both would else find the last place free.
            hold_window(owner)
            owners, addresses = _count_released(owner, address, queue)
            if addresses >= address_window:
                full.add((address, queue))
            free = min(window - owners, address_window - addresses)
            if free > 0:
                theirs = held.filter(owner=owner, address=address, queue=queue).order_by("created_at")
                oldest = list(theirs.values_list("id", flat=True)[:free])
                # On the same conditions again: who cancels takes no lock.
                released += held.filter(id__in=oldest).update(publish_at=Now())
    return released


def _count_released(owner: str, address: str | None, queue: str) -> tuple[int, int]:
    """How many runs of the queue are with the broker or a worker: the owner's, and all from the address."""
    mine, from_here = Q(owner=owner), Q(address=address, address__isnull=False)
    rows = TaskRun.objects.filter(RELEASED, mine | from_here, queue=queue)
    counted = rows.aggregate(mine=Count("id", filter=mine), from_here=Count("id", filter=from_here))
    return counted["mine"], counted["from_here"]
