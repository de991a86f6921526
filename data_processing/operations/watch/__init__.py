"""Looks every few seconds whether operators should know of something, and tells them by mail and webhook, so
that a site without Prometheus is warned too.

It runs in the housekeeping worker and in every web process, so that it can tell when one of them is gone; the
database lets one of them look at a time.
"""

from __future__ import annotations

from django.conf import settings

from data_processing.operations.timer import Timer
from data_processing.operations.watch import alerts, roll

LOOK_EVERY_S = 10.0


def is_wanted() -> bool:
    """Whether the settings name somebody to tell."""
    return bool(settings.ALERT_MAIL_TO or settings.ALERT_WEBHOOK_URL)


def make_timer() -> Timer:
    """The clock of a process that watches; not started."""
    return Timer(alerts.look, every_s=LOOK_EVERY_S, name="watch")


def start() -> None:
    """Call the roll in this process, for as long as it lives, and watch where somebody is to be told."""
    roll.make_timer().start()
    if is_wanted():
        make_timer().start()
