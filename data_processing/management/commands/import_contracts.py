"""``manage.py import_contracts FILE...``: raw PhilGEPS files into a new dataset version, or what that would
come to (``--check``)."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Generator
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import timezone
from tqdm import tqdm

from contracts.errors import ContractsError, ImportHeld
from contracts.ingest import Check, DateOrder, check_files, import_files, list_generations
from contracts.ingest.checking import SOUND
from contracts.progress import Progress
from contracts.snapshot.versions import Snapshot
from data_processing.management.import_words import advise, describe_check, describe_source
from data_processing.management.quick import QuickCommand

T = TypeVar("T")


class Command(QuickCommand):
    help = (
        "Import raw PhilGEPS files (workbooks, text files, archives of them) into a new dataset version"
        " and make it the current one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--date-order",
            choices=[order.value for order in DateOrder],
            help="order of slashed dates, where a file itself does not decide it",
        )
        parser.add_argument(
            "--generation",
            choices=list_generations(),
            help="layout of files that are published without a header line",
        )
        parser.add_argument(
            "--encoding",
            type=_read_encoding,
            help="encoding of text files that have no mark of their own, such as cp850 (default: UTF-8, and"
            " Windows-1252 for what is no UTF-8)",
        )
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="day up to which years are plausible (default: today)"
        )
        parser.add_argument(
            "--max-rejected-percent",
            type=_percent,
            metavar="N",
            help="hold the import when more of the awarded rows, or of their pesos, would be rejected "
            "(default: the setting IMPORT_MAX_REJECTED_PERCENT)",
        )
        parser.add_argument(
            "--reports", type=Path, metavar="FOLDER", help="write rejects.csv and repairs.csv here as well"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--accept-losses", action="store_true", help="import whatever is lost, be it all that there is"
        )
        what.add_argument(
            "--check", action="store_true", help="say what an import would come to, and change nothing"
        )
        parser.add_argument("--json", action="store_true", help="with --check: say it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"] and not options["check"]:
            raise CommandError("--json goes with --check")
        how = _read_options(options)
        if options["check"]:
            self._report_check(_follow(check_files(options["files"], **how)), options)
            return
        try:
            snapshot = _follow(import_files(options["files"], accept_losses=options["accept_losses"], **how))
        except ImportHeld as held:
            advice = advise(
                rejected_share=held.rejected_share, only_share=held.only_share, reports=options["reports"]
            )
            raise CommandError("\n".join((str(held), *advice))) from held
        self._report(snapshot)

    def _report(self, snapshot: Snapshot) -> None:
        manifest = snapshot.manifest()
        for source in manifest.sources:
            for line in describe_source(source):
                self.stdout.write(line)
        self.stdout.write(f"{manifest.rows:,} contracts, ₱{manifest.total_value:,.2f}")
        if manifest.rejected_by_reason:
            self.stdout.write(f"Rejected rows are listed in {snapshot.rejects}")
        if manifest.repaired_by_reason:
            self.stdout.write(f"Repaired cells are listed in {snapshot.repairs}")
        self.stdout.write(f"Dataset version {manifest.version} is current now.")

    def _report_check(self, check: Check, options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(check.to_json(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(describe_check(check)))
        if check.refusals:
            names = ", ".join(refusal.file for refusal in check.refusals)
            raise CommandError(f"the import would be refused because of {names}")
        if check.outcome != SOUND:
            losses = check.losses
            advice = advise(
                rejected_share=losses.rejected_share,
                only_share=not losses.faults,
                reports=options["reports"],
            )
            raise CommandError("\n".join(("the import would be held", *advice)))


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise ArgumentTypeError(f"{text!r} is no number from 0 to 100")
    return percent


def _read_encoding(name: str) -> str:
    try:
        b"    ".decode(name, "replace")  # of no bytes at all the name is not looked up
    except LookupError:
        raise ArgumentTypeError(f"there is no encoding {name!r}; try utf-8, windows-1252, cp850") from None
    return name


def _read_options(options: dict[str, Any]) -> dict[str, Any]:
    """What an import and its rehearsal have in common."""
    order, percent = options["date_order"], options["max_rejected_percent"]
    percent = settings.IMPORT_MAX_REJECTED_PERCENT if percent is None else percent
    return {
        "root": settings.DATASET_ROOT,
        "as_of": options["as_of"] or timezone.localdate(),
        "date_order": DateOrder(order) if order else None,
        "generation": options["generation"],
        "encoding": options["encoding"],
        "max_rejected_share": percent / 100,
        "reports_folder": options["reports"],
    }


def _follow(work: Generator[Progress, None, T]) -> T:
    """Do the work and show how far it is. Errors that have a sentence end the command with it, but for a held
    import, of which there is more to say."""
    with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="") as bar:
        try:
            while True:
                _show(bar, next(work))
        except StopIteration as done:
            result: T = done.value
            return result
        except ImportHeld:
            raise
        except ContractsError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or settings.DATASET_ROOT}: {error.strerror}") from error


def _show(bar: tqdm, progress: Progress) -> None:
    bar.set_description(progress.phase)
    bar.total, bar.n = progress.total or None, progress.current
    bar.refresh()
