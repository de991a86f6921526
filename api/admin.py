"""Admin page of tokens: operators see whose there are, and revoke them by deleting."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from api.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "token_key", "user", "scopes", "created", "expiry", "last_used_at")
    list_filter = ("user",)
    fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Only its user sees a token, on the page /tokens/; or `manage.py make_token` makes one.
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
