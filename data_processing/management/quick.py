"""What the commands of this room have in common."""

from __future__ import annotations

from django.core.management.base import BaseCommand


class QuickCommand(BaseCommand):
    """A command that starts in half the time: the settings are checked as in others, the views and forms that
    Django checks beside them are not loaded. `migrate` and `check` look at these."""

    requires_system_checks = ("settings",)
