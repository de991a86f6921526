"""``manage.py restore BACKUP``: what `backup` has written, into a system that nobody uses."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from data_processing.management.quick import QuickCommand
from data_processing.operations import backups


class Command(QuickCommand):
    help = "Check the backup and put its database and dataset in place, while no other program runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, metavar="BACKUP", help="a folder that `backup` has made")
        parser.add_argument(
            "--replace", action="store_true", help="also where there are tasks and users, which go"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = backups.restore_backup(options["backup"], replace=options["replace"])
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"nothing is restored: {error}") from error
        dataset = f"dataset version {restored.dataset}" if restored.dataset else "no dataset"
        self.stdout.write(f"Restored: the database of {restored.made_at:%Y-%m-%d %H:%M} UTC, {dataset}.")
