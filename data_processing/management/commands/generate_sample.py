"""``manage.py generate_sample``: raw PhilGEPS-like files with known faults and their answer key."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from tools.sample import SampleShape, generate


class Command(BaseCommand):
    help = "Write raw files of every generation, with the known faults, and answer-key.json beside them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        size = parser.add_mutually_exclusive_group(required=True)
        size.add_argument("--rows", type=int, help="number of raw rows to write")
        size.add_argument("--contracts", type=int, help="number of contracts that a right import holds")
        parser.add_argument("--out", type=Path, required=True, help="folder to write into")
        parser.add_argument("--seed", type=int, default=1, help="same seed, same bytes")

    def handle(self, *args: Any, **options: Any) -> None:
        shape = SampleShape(rows=options["rows"], contracts=options["contracts"], seed=options["seed"])
        work = generate(shape, options["out"])
        with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="row") as bar:
            try:
                while True:
                    progress = next(work)
                    bar.total, bar.n = progress.total, progress.current
                    bar.set_description(progress.phase)
            except StopIteration as done:
                key = done.value
        for file in key.files:
            self.stdout.write(str(options["out"] / file.file))
