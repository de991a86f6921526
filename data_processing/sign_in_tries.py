"""Limits how often passwords may be tried, by account and address. A try is a row, made before the password
is looked at, so that tries at the same moment count too."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from data_processing.errors import TooManyTries
from data_processing.models import SignInTry

SOON_S = 1.0


def begin_try(*, account: str, address: str) -> SignInTry:
    """Count a try at an account from an address (its key). Raises TooManyTries, and then it does not count.
    Whoever begins a try ends it, too."""
    # Before the password is looked at: where tries were counted afterwards, 40 at once passed a limit of 5.
    mine = SignInTry.objects.create(account=_account_key(account), address=address)
    wait_s = _count_wait_s(mine)
    if wait_s:
        mine.delete()
        raise TooManyTries(_in_words(wait_s), retry_after_s=wait_s)
    return mine


def end_try(mine: SignInTry, *, failed: bool) -> None:
    """Keep a failed try among those that count; forget one that was right."""
    if failed:
        SignInTry.objects.filter(pk=mine.pk).update(failed=True)
    else:
        mine.delete()


def forget_old_tries() -> None:
    """Remove what counts no longer."""
    SignInTry.objects.filter(at__lt=Now() - _window()).delete()


def _count_wait_s(mine: SignInTry) -> float:
    """Seconds until the next try; 0.0 when it may be now."""
    # By address, also for the account: if it were locked for all addresses, anybody could lock it.
    recent = SignInTry.objects.filter(address=mine.address, at__gt=Now() - _window())
    account, failed = Q(account=mine.account), Q(failed=True)
    found = recent.aggregate(
        all=Count("pk"),
        all_failed=Count("pk", filter=failed),
        all_first=Min("at", filter=failed),
        here=Count("pk", filter=account),
        here_failed=Count("pk", filter=account & failed),
        here_first=Min("at", filter=account & failed),
    )
    for name, limit in (("all", settings.ADDRESS_SIGN_IN_TRIES), ("here", settings.SIGN_IN_TRIES)):
        if found[f"{name}_failed"] >= limit:
            ends_at: datetime = found[f"{name}_first"] + _window()
            return max(SOON_S, (ends_at - timezone.now()).total_seconds())
        if found[name] > limit:
            # Others are being looked at; when they turn out right, there is room again.
            return SOON_S
    return 0.0


def _in_words(wait_s: float) -> str:
    minutes = math.ceil(wait_s / 60)
    when = "a moment" if wait_s <= SOON_S else "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"too many passwords were tried from here; try again in {when}"


def _window() -> timedelta:
    return timedelta(seconds=settings.SIGN_IN_WINDOW_S)


def _account_key(account: str) -> str:
    # People type passwords into the field for the name.
    return salted_hmac("data_processing.account", account, algorithm="sha256").hexdigest()[:32]
