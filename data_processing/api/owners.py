"""Who is who: users, and anonymous visitors known by a signed session cookie. Both own what they start."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

SESSION_KEY = "owner"
Row = TypeVar("Row", bound=Model)


def owner_of(request: HttpRequest | Request) -> str:
    """The owner's key: ``user:<id>``, or ``visitor:<uuid>`` kept in the visitor's session."""
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    if SESSION_KEY not in request.session:
        request.session[SESSION_KEY] = str(uuid.uuid4())
    return f"visitor:{request.session[SESSION_KEY]}"


def visible_to(request: Request, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of rows that have an owner, those that the requester may see: one's own; staff see all."""
    return rows if request.user.is_staff else rows.filter(owner=owner_of(request))


class IsOwner(BasePermission):
    """Signed-in users, and anonymous visitors where the setting ANONYMOUS_ACCESS allows them."""

    message = "Sign in to use this service."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_authenticated or settings.ANONYMOUS_ACCESS)
