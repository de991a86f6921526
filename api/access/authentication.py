"""Signs users in by name and password, for forms and HTTP Basic alike, and tells clients who have not signed
in how they can."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from api.access.addresses import address_key
from data_processing import sign_in_tries

REALM = 'realm="PhilGEPS Data Explorer"'
# As in Django's User.
LONGEST_NAME = 150


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


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session. First in the list of classes, so that its header tells clients how to sign in."""

    def authenticate_header(self, request: Request) -> str:
        # A browser that sees a Basic challenge covers the page, whose script asked, with a window of its own.
        by_script = request.headers.get("Sec-Fetch-Dest") == "empty"
        if settings.BASIC_AUTH and not by_script:
            return f'Basic {REALM}, charset="UTF-8"'
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
