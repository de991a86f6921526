"""Knows users by session, token and HTTP Basic, signs them in by name and password, and tells clients who
have not signed in how they can."""

from __future__ import annotations

import re
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.access.addresses import address_key
from api.access.tokens import REALM, note_use
from api.models import ApiToken
from data_processing import sign_in_tries

# As in Django's User.
LONGEST_NAME = 150
TOKEN = re.compile(rb"[!-~]{1,200}")
NO_TOKEN = "This token is unknown, revoked or past its end: make another one (page /tokens/)."


class PasswordBackend(ModelBackend):
    """Django's backend with a limit of tries. Every password comes by here, whoever asks."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The user, or None. Raises TooManyTries before it looks at the password."""
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password)
        mine = sign_in_tries.begin_try(account=username, address=address_key(request))
        user = super().authenticate(request, username, password)
        sign_in_tries.end_try(mine, failed=user is None)
        return user

    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        # ModelBackend's own does not come by there, and would look at passwords without a limit.
        return await sync_to_async(self.authenticate)(request, username, password)


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # knox has no types
    """An API token as ``Authorization: Bearer``. It acts as its user, so that both see one history, but never
    with the rights of staff: what leaks must not be a key to the machine."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        # The library takes what is not UTF-8 for its own fault, and PostgreSQL takes no NUL.
        if not TOKEN.fullmatch(token):
            raise AuthenticationFailed(NO_TOKEN)
        try:
            user, known = super().authenticate_credentials(token)
        except AuthenticationFailed:
            raise AuthenticationFailed(NO_TOKEN) from None
        note_use(known)
        # Of this object only, which nobody saves: so no view can forget it.
        user.is_staff = user.is_superuser = False
        return user, known

    def challenge(self, request: Request) -> str:
        brought = request.headers.get("Authorization", "").lower().startswith("bearer")
        return f'Bearer {REALM}, error="invalid_token"' if brought else f"Bearer {REALM}"


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session."""

    def challenge(self, request: Request) -> str:
        return f"Session {REALM}"


class BasicAuthentication(authentication.BasicAuthentication):
    """HTTP Basic, where the setting BASIC_AUTH allows it."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        # Passed over rather than refused: the header may be for a proxy.
        return super().authenticate(request) if settings.BASIC_AUTH else None

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> tuple[Any, Any]:
        # Nobody's name; and PostgreSQL takes no NUL.
        if len(userid) > LONGEST_NAME or "\x00" in userid:
            raise AuthenticationFailed("The name or the password is not right.")
        return super().authenticate_credentials(userid, password, request)

    def challenge(self, request: Request) -> str | None:
        # A browser that sees this covers the page, whose script asked, with a window of its own.
        by_script = request.headers.get("Sec-Fetch-Dest") == "empty"
        return f'Basic {REALM}, charset="UTF-8"' if settings.BASIC_AUTH and not by_script else None
