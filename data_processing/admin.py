"""Admin pages over runs, files and dead letters, for operators: to look at, and dead letters to resolve."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from data_processing.lifecycle import dead_letters
from data_processing.lifecycle.dead_letters import Action
from data_processing.models import DeadLetter, ExportFile, TaskRun


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
    search_fields = ("id",)


@admin.register(ExportFile)
class ExportFileAdmin(ReadOnly):
    list_display = ("name", "owner", "rows", "size_bytes", "created_at", "expires_at", "deleted_at")
    list_filter = ("format",)


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnly):
    """What was given up; who may change dead letters may replay and discard them."""

    list_display = ("created_at", "reason", "task", "error_message", "queue", "resolution", "resolved_by")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "reason", "queue")
    list_select_related = ("run",)
    actions = ("replay", "discard")
    ordering = ("-created_at",)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("data_processing.change_deadletter")

    @admin.display(description="task")
    def task(self, row: DeadLetter) -> SafeString | str:
        if row.run is None:
            return "none: the message could not be read"
        return format_html(
            '<a href="{}">{}</a> {}',
            reverse("admin:data_processing_taskrun_change", args=[row.run.pk]),
            row.run.pk,
            row.run.description or row.run.kind,
        )

    @admin.display(description="error")
    def error_message(self, row: DeadLetter) -> str:
        # Another version may have written the row.
        return str(row.error.get("message", "")) if isinstance(row.error, dict) else ""

    @admin.action(description="Run the tasks again", permissions=["resolve"])
    def replay(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        self._resolve(request, chosen, Action.REPLAY)

    @admin.action(description="Discard: the tasks stay failed", permissions=["resolve"])
    def discard(self, request: HttpRequest, chosen: QuerySet[DeadLetter]) -> None:
        self._resolve(request, chosen, Action.DISCARD)

    def _resolve(self, request: HttpRequest, chosen: QuerySet[DeadLetter], action: Action) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        resolved = dead_letters.resolve_many(ids, action, by=request.user.get_username())
        problems = [one for one in resolved if one.problem is not None]
        if len(problems) < len(resolved):
            self.message_user(request, f"{len(resolved) - len(problems)} {action.value}")
        for one in problems:
            self.message_user(request, f"Dead letter {one.id}: {one.problem}", level=messages.WARNING)
