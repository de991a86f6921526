"""Read-only admin pages over runs and files, for operators."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from data_processing.models import ExportFile, TaskRun


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """The state machine is the only writer; the admin only looks."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(TaskRun)
class TaskRunAdmin(ReadOnly):
    list_display = ("id", "kind", "state", "owner", "queue", "attempt", "created_at", "finished_at")
    list_filter = ("state", "kind", "queue")


@admin.register(ExportFile)
class ExportFileAdmin(ReadOnly):
    list_display = ("name", "owner", "rows", "size_bytes", "created_at", "expires_at", "deleted_at")
    list_filter = ("format",)
