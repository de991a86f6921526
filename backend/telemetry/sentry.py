"""Errors go to Sentry, where SENTRY_DSN names one; the package is an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.contextvars import get_contextvars

from backend.telemetry.logs import PASSWORD

EXTRA = "pip install 'philgeps-data-explorer[sentry]'"


def start() -> None:
    """Report what is logged as an error, in this process and the children that it forks."""
    if not settings.SENTRY_DSN:
        return
    try:
        sdk = import_module("sentry_sdk")
    except ImportError:
        raise ImproperlyConfigured(f"SENTRY_DSN needs the package of the extra: {EXTRA}") from None
    sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        # What somebody searched for, or signed in with, stands in bodies, cookies and variables.
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        # Its own patches of Celery and Django would report what we retry, and count each request.
        default_integrations=False,
        integrations=[
            import_module("sentry_sdk.integrations.logging").LoggingIntegration(),
            import_module("sentry_sdk.integrations.excepthook").ExcepthookIntegration(),
            import_module("sentry_sdk.integrations.dedupe").DedupeIntegration(),
            import_module("sentry_sdk.integrations.atexit").AtexitIntegration(callback=_say_nothing),
        ],
        before_send=_prepare,
    )


def _prepare(event: Any, _: Any) -> Any:
    """The event with the ids of its context, and without passwords of addresses."""
    known = {name: value for name, value in get_contextvars().items() if isinstance(value, str)}
    return _hide({**event, "tags": {**(event.get("tags") or {}), **known}})


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        return PASSWORD.sub(r"\1:***@", value) if "://" in value else value
    if isinstance(value, dict):
        return {name: _hide(one) for name, one in value.items()}
    return [_hide(one) for one in value] if isinstance(value, list | tuple) else value


def _say_nothing(pending: int, timeout: float) -> None:
    """Sentry's own would write to stderr that it waits."""
