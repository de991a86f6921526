"""Who is who: users, and anonymous visitors known by a signed cookie. Both own what they start; a visitor who
signs in keeps it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.access.addresses import address_key
from api.document.shapes import ReturnHeaders
from data_processing.lifecycle.adoption import adopt
from data_processing.models import CELERY, OWN
from monitors import saved
from monitors.names import groups

VISITOR_COOKIE = "visitor"
SHOWN_DIGITS = 8
SIGNED_IN_AS = "X-Signed-In-As"
VISITOR_AGE_S = 365 * 24 * 3600
Row = TypeVar("Row", bound=Model)
Answer = Callable[[HttpRequest], HttpResponseBase]


def owner_of(request: HttpRequest | Request) -> str:
    """The owner's key: ``user:<id>``, or ``visitor:<uuid>`` of the visitor's cookie, which is made here for
    one who brings none."""
    if request.user.is_authenticated:
        return _key_of(request.user)
    visitor = _read_visitor(request.COOKIES)
    if visitor is None:
        visitor = str(uuid.uuid4())
        request.COOKIES[VISITOR_COOKIE] = sign_visitor(visitor)
    return f"visitor:{visitor}"


def known_owner_of(request: HttpRequest | Request) -> str | None:
    """The same; None for a visitor who brings no cookie, and none is made."""
    if not request.user.is_authenticated and _read_visitor(request.COOKIES) is None:
        return None
    return owner_of(request)


def origin_of(request: HttpRequest | Request) -> str | None:
    """A key of where a visitor asks from; None for users, who are known without it."""
    return None if request.user.is_authenticated else address_key(request)


@dataclass(frozen=True)
class Return:
    """How to come back as the same visitor: in words, and the headers to send with every request."""

    words: str
    headers: ReturnHeaders


def explain_return(request: HttpRequest | Request) -> Return | None:
    """How to come back as the same visitor, for one whom ``owner_of`` has just made; None for all others."""
    # What owner_of has made stands among the cookies, but not in the header that came.
    made = request.COOKIES.get(VISITOR_COOKIE)
    if made is None or made in request.META.get("HTTP_COOKIE", ""):
        return None
    basic = ", or sign in by HTTP Basic" if settings.BASIC_AUTH else ""
    words = (
        "This task belongs to whoever sends the cookie `visitor` that this answer sets: send it (the headers "
        f"in come_back_with) with every request, or nobody can ask for the task. Or use an API token{basic}."
    )
    return Return(words, {"Cookie": f"{VISITOR_COOKIE}={made}"})


def sign_visitor(visitor: str) -> str:
    """The value of the cookie that makes its bearer the owner ``visitor:<visitor>``."""
    return _signer().sign(visitor)


def visitor_cookie(get_response: Answer) -> Answer:
    """Middleware that lets a visitor keep the cookie that ``owner_of`` made, and takes it from one who has
    signed in."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        # What the view leaves in request.COOKIES says which: it has no response yet to set a cookie on.
        brought = request.COOKIES.get(VISITOR_COOKIE)
        response = get_response(request)
        kept = request.COOKIES.get(VISITOR_COOKIE)
        if kept is None and brought is not None:
            response.delete_cookie(VISITOR_COOKIE, samesite="Lax")
        elif kept is not None and kept != brought:
            response.set_cookie(
                VISITOR_COOKIE,
                kept,
                max_age=VISITOR_AGE_S,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response

    return answer


def _read_visitor(cookies: dict[str, str]) -> str | None:
    """None where there is no cookie, or none of ours that is still good."""
    try:
        return _signer().unsign(cookies.get(VISITOR_COOKIE, ""), max_age=VISITOR_AGE_S)
    except signing.BadSignature:
        return None


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="data_processing.visitor")


def _key_of(user: User) -> str:
    return f"user:{user.pk}"


@receiver(user_logged_in)
def _keep_what_was_started(request: HttpRequest, user: User, **_: Any) -> None:
    visitor = _read_visitor(request.COOKIES)
    # Whoever uses the browser next, after signing out, begins as somebody new.
    request.COOKIES.pop(VISITOR_COOKIE, None)
    if visitor is not None:
        for take_over in (adopt, saved.adopt, groups.adopt):
            take_over(f"visitor:{visitor}", by=_key_of(user))


@receiver(user_logged_in)
def _end_session_in_time(request: HttpRequest, user: User, **_: Any) -> None:
    hours = settings.STAFF_SESSION_HOURS if user.is_staff else settings.SESSION_HOURS
    # A time and not a duration, which every later change of the session would prolong.
    request.session.set_expiry(timezone.now() + timedelta(hours=hours))


def _whose_to_see(request: Request) -> str | None:
    """The owner whose rows are all that the requester may see: oneself; None for staff, who see all."""
    return None if request.user.is_staff else owner_of(request)


def visible_to(request: Request, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of rows that have an owner, those that the requester may see: none of the program's own."""
    owner = _whose_to_see(request)
    return rows.exclude(owner=OWN) if owner is None else rows.filter(owner=owner)


def name_owners(keys: Iterable[str]) -> dict[str, str]:
    """What operators call the owners with these keys: users by their names, visitors by a few digits."""
    wanted = set(keys)
    ids = {key: key.removeprefix("user:") for key in wanted if key.startswith("user:")}
    users = dict(
        User.objects.filter(pk__in=[pk for pk in ids.values() if pk.isdigit()]).values_list("pk", "username")
    )
    return {key: _name_owner(key, users) for key in wanted}


def _name_owner(key: str, users: Mapping[int, str]) -> str:
    kind, _, rest = key.partition(":")
    if kind == "visitor":
        return f"visitor {rest[:SHOWN_DIGITS]}"
    if kind == "user" and rest.isdigit():
        # A user who is gone leaves tasks behind.
        return users.get(int(rest), f"user {rest}, who is gone")
    return {OWN: "the program", CELERY: "a Celery client"}.get(key, key)


def owned_by(text: str) -> Q:
    """Rows whose owner is called so: a user's name, a key, or ``visitor`` and the first digits."""
    kind, digits = text[:7], text[7:].strip(": ")
    if kind == "visitor" and digits:
        return Q(owner__startswith=f"visitor:{digits}")
    keys = [_key_of(user) for user in User.objects.filter(username__iexact=text)]
    return Q(owner__in=[*keys, text])


def may_see(request: Request, owner: str) -> bool:
    """The same of a single row of this owner."""
    return owner != OWN and _whose_to_see(request) in (None, owner)


class SessionEnded(NotAuthenticated):
    """The page that asks was made for a user who is not signed in any more."""

    default_code = "session-ended"
    default_detail = "Your session has ended, and nothing was done. Sign in again to go on."


class SignedInOtherwise(APIException):
    """The page that asks was made for somebody else than who is signed in now."""

    status_code = 409
    default_code = "signed-in-otherwise"
    default_detail = "Since this page was loaded, somebody has signed in, and nothing was done."


def expect_user(request: Request) -> None:
    """Raises SessionEnded or SignedInOtherwise where a page says by ``X-Signed-In-As`` for whom it was made
    (the key of a user, empty for visitors), and it is somebody else who would act."""
    expected = request.headers.get(SIGNED_IN_AS)
    if expected is None or expected == str(request.user.pk or ""):
        return
    raise SignedInOtherwise() if request.user.is_authenticated else SessionEnded()


class IsOwner(BasePermission):
    """Signed-in users, and anonymous visitors where the setting ANONYMOUS_ACCESS allows them."""

    message = "Sign in to use this service."

    def has_permission(self, request: Request, view: object) -> bool:
        return bool(request.user.is_authenticated or settings.ANONYMOUS_ACCESS)
