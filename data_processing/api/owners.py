"""Who is who: users, and anonymous visitors known by a signed session cookie. Both own what they start; a
visitor who signs in keeps it."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db.models import Model, QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from data_processing.adoption import adopt

SESSION_KEY = "owner"
Row = TypeVar("Row", bound=Model)


def owner_of(request: HttpRequest | Request) -> str:
    """The owner's key: ``user:<id>``, or ``visitor:<uuid>`` kept in the visitor's session."""
    if request.user.is_authenticated:
        return _key_of(request.user)
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = str(uuid.uuid4())
    return f"visitor:{request.session[SESSION_KEY]}"


def _key_of(user: AbstractBaseUser) -> str:
    return f"user:{user.pk}"


@receiver(user_logged_in)
def _keep_what_was_started(request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    visitor = request.session.pop(SESSION_KEY, None)
    if visitor is not None:
        adopt(f"visitor:{visitor}", by=_key_of(user))


def visible_to(request: Request, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of rows that have an owner, those that the requester may see: one's own; staff see all."""
    return rows if request.user.is_staff else rows.filter(owner=owner_of(request))


class IsOwner(BasePermission):
    """Signed-in users, and anonymous visitors where the setting ANONYMOUS_ACCESS allows them."""

    message = "Sign in to use this service."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_authenticated or settings.ANONYMOUS_ACCESS)
