"""``manage.py clean_up_old_data``: what the nightly task does, now; or only what it would do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from data_processing.management.quick import QuickCommand
from monitors.daily.retention import RULES, list_old, remove_old


class Command(QuickCommand):
    help = "Remove old alerts, deliveries, daily figures and visitors' saved searches, by the settings."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and leave it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for old in list_old():
                kept = f"{old['setting']} = {old['keep_days']}"
                self.stdout.write(f"{old['rows']:>9,} {old['name']:18} {old['about']} ({kept})")
            return
        for rule in RULES:
            self.stdout.write(f"{remove_old(rule):>9,} {rule.name} removed")
