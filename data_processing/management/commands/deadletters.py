"""``manage.py deadletters list|replay|discard [--all | ID ...]``: what operators do about dead letters."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from data_processing.lifecycle.dead_letters import Action, list_open, resolve_many
from data_processing.management.quick import QuickCommand
from data_processing.models import DeadLetter

ACTIONS = {"replay": Action.REPLAY, "discard": Action.DISCARD}
LISTED = 100


class Command(QuickCommand):
    help = "List the tasks that were given up, run them again or put them away."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", *ACTIONS])
        parser.add_argument("ids", nargs="*", type=int, metavar="ID")
        parser.add_argument(
            "--all", action="store_true", help="list resolved ones too; resolve all open ones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list(resolved_too=options["all"], ids=options["ids"])
        else:
            self._resolve(_wanted_ids(options), ACTIONS[options["action"]])

    def _list(self, *, resolved_too: bool, ids: list[int]) -> None:
        rows = DeadLetter.objects.select_related("run").order_by("-created_at", "-pk")
        if ids:
            rows = rows.filter(pk__in=ids)
        elif not resolved_too:
            rows = list_open()
        for row in rows[:LISTED]:
            self.stdout.write(_describe(row))
        count = rows.count()
        self.stdout.write(f"{count:,} dead letters" + (f", {LISTED} shown" if count > LISTED else ""))

    def _resolve(self, ids: list[int], action: Action) -> None:
        resolved = resolve_many(ids, action, by=f"shell:{getpass.getuser()}")
        for one in resolved:
            self.stdout.write(f"{one.id}: {one.problem or action.value}")
        refused = sum(1 for one in resolved if one.problem is not None)
        self.stdout.write(f"{len(resolved) - refused:,} {action.value}, {refused:,} refused")
        if refused:
            raise CommandError(f"{refused:,} of {len(resolved):,} dead letters were not {action.value}")


def _wanted_ids(options: dict[str, Any]) -> list[int]:
    ids: list[int] = options["ids"]
    if options["all"] == bool(ids):
        raise CommandError("name the ids of dead letters, or --all")
    return ids or list(list_open().order_by("pk").values_list("pk", flat=True))


def _describe(row: DeadLetter) -> str:
    what = f"{row.run.kind} {row.run.id} of {row.run.owner}" if row.run else "a message"
    error = row.error.get("message", "") if isinstance(row.error, dict) else ""
    end = f", {row.resolution} by {row.resolved_by}" if row.resolution else ""
    return f"{row.pk}  {row.created_at:%Y-%m-%d %H:%M:%S}  {row.queue}  {row.reason}  {what}: {error}{end}"
