"""How log lines look: one formatter for our own records and those of Django, Celery and uvicorn.

Each line carries what its context knows (`request_id`, `task_id`), and no password that stands in an address.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FACTS = ["asked", "attempt", "kind", "new", "outcome", "seconds", "task_id"]
"""What a record may bring along as ``extra``. Of libraries' records that is whole requests and messages."""
PASSWORD = re.compile(r"(\w://[^/\s:@]*):[^/\s@]+@")


def make_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """The configuration of ``logging``: one handler, to stderr."""
    quiet = ["celery.worker.strategy", "celery.app.trace", "celery.beat", "django_celery_beat", "mcp"]
    # It says each address that is called, and those of chats are secrets.
    quiet += ["httpx2"]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": make_formatter, "as_json": as_json}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **{name: {"level": "WARNING"} for name in quiet},
            # Whoever starts a process waits for its word that it is ready, whatever else is said.
            **{name: {"level": "INFO"} for name in ("celery.apps.worker", "uvicorn.error")},
            # Django gives it handlers of its own, for development and for mail.
            "django": {"level": "INFO", "handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
        },
    }


def make_formatter(*, as_json: bool) -> structlog.stdlib.ProcessorFormatter:
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.ExtraAdder(allow=FACTS),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_process,
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Text, not structlog's own form, which brings the values of local variables.
            structlog.processors.format_exc_info,
            hide_passwords,
            *(_render_json() if as_json else _render_text()),
        ],
    )


def add_process(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Which process of several, such as a worker's children, has said it."""
    record = event.get("_record")
    if record is not None:
        event["pid"] = record.process
    return event


def hide_passwords(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Addresses of servers come in errors of the libraries that speak to them."""
    for name, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[name] = PASSWORD.sub(r"\1:***@", value)
    return event


def _render_json() -> list[Processor]:
    return [structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer()]


def _render_text() -> list[Processor]:
    colors = sys.stderr.isatty()
    return [
        structlog.dev.ConsoleRenderer(
            colors=colors, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    ]
