#!/usr/bin/env python
"""Command line of the project: ``python manage.py help`` lists the commands."""

import contextlib
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def make_data_folder(folder: Path) -> None:
    """Make the folder of all data where it is missing, and say so: it may be mistyped. SQLite would only say
    that it cannot open a file."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        sys.exit(f"DATA_DIR {folder} is no folder and cannot be made: {error.strerror}")
    sys.stderr.write(f"DATA_DIR {folder} did not exist; it is made, and empty.\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings")
    # Settings that cannot be read are told by the command itself.
    with contextlib.suppress(ImproperlyConfigured):
        make_data_folder(settings.DATA_DIR)
    execute_from_command_line(sys.argv)
