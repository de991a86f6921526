"""``manage.py clean_up``: what the nightly task does, now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from data_processing.management.quick import QuickCommand
from data_processing.operations import maintenance


class Command(QuickCommand):
    help = "Remove expired files and payloads, what killed attempts left on disk, and old rows."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--orphan-age",
            type=float,
            default=maintenance.ORPHAN_AGE_S,
            metavar="SECONDS",
            help="files that no row names go when nobody has written to them for so long",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        maintenance.clean_up(orphan_age_s=options["orphan_age"])
