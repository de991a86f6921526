"""API tokens: made, listed and revoked by their users, and what each may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from api.models import SCOPES, ApiToken

REALM = 'realm="PhilGEPS Data Explorer"'
MOST_TOKENS = 50
"""Tokens that a user may have at a time, to keep the list one that people can check."""

USED_TO_S = 3600


class WrongScope(PermissionDenied):
    """The token is right, and may not do this."""

    default_code = "wrong-scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This token lacks the scope `{scope}`: use one that has it (page /tokens/).")
        # As RFC 6750 has it for bearer tokens.
        self.auth_header = f'Bearer {REALM}, error="insufficient_scope", scope="{scope}"'
        self.members: Mapping[str, object] = {"scope": scope}


def make_token(user: User, *, name: str, scopes: Iterable[str], days: int) -> str:
    """A new token of the user, which nobody can tell again: only its hash is kept."""
    # Those that have ended go now, when nobody would look at them any more.
    list_tokens(user).filter(expiry__lt=Now()).delete()
    allowed = [scope for scope in SCOPES if scope in set(scopes)]
    _, token = ApiToken.objects.create(user, expiry=timedelta(days=days), name=name, scopes=allowed)
    return str(token)


def list_tokens(user: User) -> QuerySet[ApiToken]:
    """Those of the user, newest first; ended ones too, until another is made or used."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.filter(user=user)
    return tokens.order_by("-created", "pk")


def revoke_token(user: User, beginning: str) -> bool:
    """End the user's token with these first characters, from now on; whether there was one."""
    gone, _ = list_tokens(user).filter(token_key=beginning).delete()
    return bool(gone)


def note_use(token: ApiToken) -> None:
    """Remember when it was last used, for people who wonder whether they may revoke it."""
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > USED_TO_S:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def require_scope(request: Request, scope: str | None) -> None:
    """Raise WrongScope where the request came by a token without this scope; by any token, where it is None.
    Who came in otherwise may do whatever users may."""
    if not isinstance(request.auth, ApiToken):
        return
    if scope is None:
        raise PermissionDenied("No token may do this: sign in.")
    if scope not in request.auth.scopes:
        raise WrongScope(scope)
