"""``manage.py backup FOLDER``: database, current dataset and their checksums, while the system runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from data_processing.management.quick import QuickCommand
from data_processing.operations import backups


class Command(QuickCommand):
    help = "Write database and current dataset into a new folder below FOLDER, with checksums."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backups.make_backup(options["folder"])
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"there is no backup: {error}") from error
        self.stdout.write(f"The backup is {made}")
