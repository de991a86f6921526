"""``manage.py make_token USER``: a token for a program that acts for this user."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError

from api.access.tokens import make_token
from api.models import LONGEST_NAME, READ, SCOPES
from data_processing.management.quick import QuickCommand


class Command(QuickCommand):
    help = "Make an API token. The standard output gets the token alone; nothing shows it again."
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="whom the program acts for")
        parser.add_argument(
            "--name", default="made by an operator", help="what it is for, as its user sees it"
        )
        parser.add_argument(
            "--scope",
            action="append",
            choices=list(SCOPES),
            help=f"what it may do; may be given again (default: {READ})",
        )
        parser.add_argument("--days", type=int, default=90, help="after so many days it ends")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user {options['user']!r}")
        name, days = options["name"].strip(), options["days"]
        if not 1 <= len(name) <= LONGEST_NAME:
            raise CommandError(f"--name must have 1 to {LONGEST_NAME} characters")
        if not 1 <= days <= settings.TOKEN_MAX_DAYS:
            raise CommandError(f"--days must be from 1 to {settings.TOKEN_MAX_DAYS} (TOKEN_MAX_DAYS)")
        scopes = options["scope"] or [READ]
        self.stdout.write(make_token(user, name=name, scopes=scopes, days=days))
        self.stderr.write(f"For {user}, {' and '.join(scopes)}, {days} days. Nothing shows it again.")
