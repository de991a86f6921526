"""Tokens, by which programs act for their users."""

from __future__ import annotations

from django.db import models
from knox.models import AbstractAuthToken

READ, EXPORT, WATCH = "read", "export", "watch"
SCOPES = {
    READ: "search, totals, tables, estimates; look at tasks and download files",
    EXPORT: "start exports, run them again, cancel and delete them",
    WATCH: "save searches and watch them by monitors; change, share and delete these",
}
"""What a token may be allowed to do, in words."""

LONGEST_NAME = 60


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """A token of a user: its SHA-512 and its first characters, by which it is found and shown."""

    name = models.CharField(max_length=LONGEST_NAME)
    scopes = models.JSONField(default=list)
    # To the hour, so that a busy token costs no write for each request.
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        # Not the library's, which shows the hash.
        return f"{self.name} ({self.token_key}…)"
