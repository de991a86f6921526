"""Registers the system checks."""

from django.apps import AppConfig
from django.core.checks import register

from backend import checks
from backend.telemetry import sentry


class BackendConfig(AppConfig):
    name = "backend"

    def ready(self) -> None:
        sentry.start()
        for check in (
            checks.check_secret_key,
            checks.check_lease,
            checks.check_split,
            checks.check_ocds_prefix,
            checks.check_export_folders,
            checks.check_tls,
            checks.check_sqlite,
            checks.check_rate_limits,
            checks.check_downloads,
        ):
            # A tag, by which commands take these without Django's own, which load every view.
            register(check, "settings")
