"""``manage.py doctor [--json]``: what is wrong with a deployment, and what to do about it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from data_processing.operations import doctor
from data_processing.operations.doctor import Finding


class Command(BaseCommand):
    help = "Look at settings, servers, folders and workers; status 1 when something is wrong."
    # It tells what they say, instead of ending by it.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: a list of findings")

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for finding in doctor.examine():
            found.append(finding)
            if not options["json"]:
                self._tell(finding)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=2))
        counts = Counter(finding.level for finding in found)
        if counts["error"]:
            raise CommandError(f"{counts['error']} errors, {counts['warning']} warnings")
        if not options["json"]:
            self.stdout.write(f"{counts['warning']} warnings, no error")

    def _tell(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.level:8} {finding.about}: {finding.text}")
        if finding.advice:
            self.stdout.write(f"         {'-> ' + finding.advice}")
