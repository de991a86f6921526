"""``manage.py set_secret NAME``: a password or key, put where the processes read it at their next start."""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from backend import secrets

RANDOM_LENGTH = 64


class Command(BaseCommand):
    help = (
        "Keep a secret in the file that NAME_FILE names, or the service of GOOGLE_SECRETS_PROJECT. "
        "It is asked for, or read from the standard input."
    )
    # What keeps the settings from being right may be the secret that is to be set.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the setting, such as SECRET_KEY")
        parser.add_argument("--random", action="store_true", help="make a new one, of 64 letters and digits")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        value = get_random_string(RANDOM_LENGTH) if options["random"] else _ask(name)
        if not value:
            raise CommandError("an empty secret is none")
        store, path = secrets.get_store(), os.environ.get(f"{name}_FILE")
        try:
            if path:
                _write_file(Path(path), value)
            elif store:
                store.write(name, value)
            else:
                raise CommandError(f"nothing keeps secrets here: set GOOGLE_SECRETS_PROJECT or {name}_FILE")
        except OSError as error:
            raise CommandError(f"{name} is not kept: {error}") from error
        self.stdout.write(f"{name} is kept; processes read it when they start.")


def _ask(name: str) -> str:
    return getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


def _write_file(path: Path, value: str) -> None:
    """Nobody else may read it, at no moment, and a reader sees the old one or the new one."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(value + "\n")
    os.replace(file.name, path)
