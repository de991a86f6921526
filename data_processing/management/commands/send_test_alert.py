"""``manage.py send_test_alert``: whether alerts reach the operators."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from data_processing.management.quick import QuickCommand
from data_processing.operations import watch
from data_processing.operations.watch import alerts


class Command(QuickCommand):
    help = "Send a test message to ALERT_MAIL_TO and ALERT_WEBHOOK_URL, and say whether it was taken."

    def handle(self, *args: Any, **options: Any) -> None:
        if not watch.is_wanted():
            raise CommandError("there is nobody to tell: set ALERT_MAIL_TO or ALERT_WEBHOOK_URL")
        for run in alerts.send_test():
            if not run.finished:
                raise CommandError(f"{run.description} failed, and is tried again: {run.traceback}")
            self.stdout.write(f"{run.description}: taken")
