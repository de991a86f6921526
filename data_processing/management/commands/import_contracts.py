"""``manage.py import_contracts FILE...``: raw PhilGEPS files into a new dataset version."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from contracts.errors import ContractsError
from contracts.ingest import DateOrder, import_files
from contracts.progress import Progress
from contracts.snapshot import Snapshot


class Command(BaseCommand):
    help = "Import raw PhilGEPS files (XLSX, CSV) into a new dataset version and make it the current one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--date-order",
            choices=[order.value for order in DateOrder],
            help="order of slashed dates, where a file itself does not decide it",
        )
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="day up to which years are plausible (default: today)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        order = options["date_order"]
        work = import_files(
            options["files"],
            root=settings.DATASET_ROOT,
            as_of=options["as_of"] or timezone.localdate(),
            date_order=DateOrder(order) if order else None,
        )
        with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="") as bar:
            try:
                while True:
                    _show(bar, next(work))
            except StopIteration as done:
                snapshot: Snapshot = done.value
            except ContractsError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or settings.DATASET_ROOT}: {error.strerror}") from error
        self._report(snapshot)

    def _report(self, snapshot: Snapshot) -> None:
        manifest = snapshot.manifest()
        for source in manifest.sources:
            self.stdout.write(
                f"{source.file} ({source.generation}): read {source.read:,} = imported {source.imported:,}"
                f" + collapsed {source.collapsed:,} + unawarded {source.unawarded:,}"
                f" + duplicates {source.duplicates:,} + rejected {source.rejected:,}"
            )
        self.stdout.write(f"{manifest.rows:,} contracts, ₱{manifest.total_value:,.2f}")
        if manifest.rejected_by_reason:
            self.stdout.write(f"Rejected rows are listed in {snapshot.rejects}")
        self.stdout.write(f"Dataset version {manifest.version} is current now.")


def _show(bar: tqdm, progress: Progress) -> None:
    bar.set_description(progress.phase)
    bar.total, bar.n = progress.total or None, progress.current
    bar.refresh()
