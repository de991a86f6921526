"""``manage.py use_dataset [VERSION]``: which dataset versions there are, and another one made current."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from contracts.errors import NoDataset, SnapshotMissing
from contracts.snapshot.versions import Manifest
from data_processing import datasets
from data_processing.management.quick import QuickCommand


class Command(QuickCommand):
    help = "List the dataset versions, newest first, or make one of them current, also an older one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", nargs="?", metavar="VERSION", help="the version to use from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["version"] is None:
            self.stdout.write("\n".join(_list_versions()))
            return
        before = _current_version()
        try:
            chosen = datasets.use_version(options["version"], by=f"shell:{getpass.getuser()}")
        except SnapshotMissing as error:
            raise CommandError("\n".join((f"{error}; there are:", *_list_versions()))) from error
        self.stdout.write(f"Dataset version {_describe(chosen.manifest())} is current now.")
        if before and before != chosen.version:
            self.stdout.write(f"Before it was {before}: `use_dataset {before}` leads back to it.")


def _list_versions() -> Iterator[str]:
    current, manifests = _current_version(), list(datasets.list_manifests())
    for manifest in manifests:
        yield f"{'*' if manifest.version == current else ' '} {_describe(manifest)}"
    if not manifests:
        yield "no dataset has been imported yet"


def _current_version() -> str | None:
    try:
        return datasets.current_snapshot().version
    except (NoDataset, SnapshotMissing):
        return None


def _describe(manifest: Manifest) -> str:
    at = timezone.localtime(manifest.created_at)
    return (
        f"{manifest.version}  imported {at:%Y-%m-%d %H:%M}  {manifest.rows:,} contracts"
        f"  ₱{manifest.total_value:,.2f}"
    )
