"""When a monitor is checked: with each dataset version, or by days, weeks and times in the words of cron."""

from __future__ import annotations

from datetime import datetime

from celery.schedules import ParseException, crontab
from django.utils import timezone

from contracts.questions.model import invalid

EACH_VERSION = "version"
NAMED = {EACH_VERSION: "", "daily": "0 7 * * *", "weekly": "0 7 * * 1"}
"""Schedules that have a name -> what cron would say; nothing where the clock does not matter."""
MEANING = (
    "version: with each dataset version; daily: at 7:00; weekly: on Mondays at 7:00; or five fields of cron, "
    "all in the time zone of the site"
)
LONGEST = 100


def read_schedule(given: str) -> str:
    """The schedule as it is kept. Raises pydantic's error."""
    text = " ".join(given.split())
    if text not in NAMED:
        _parse(text)
    return text


def find_next(schedule: str, after: datetime) -> datetime | None:
    """The next time by the clock, later than ``after``; None where the clock does not matter."""
    cron = NAMED.get(schedule, schedule)
    if not cron:
        return None
    local = timezone.localtime(after)
    planned = _parse(cron)
    # Asked of Celery, so that a schedule means here what it means in Beat's table.
    start, wait, _ = planned.remaining_delta(local, tz=local.tzinfo)
    return (start + wait).astimezone(timezone.get_default_timezone())  # type: ignore[no-any-return]


def _parse(text: str) -> crontab:
    if len(text.split()) != 5:
        raise invalid(f"expected {', '.join(NAMED)}, or five fields of cron")
    try:
        return crontab.from_string(text)
    # Of a number out of its range, of one that is none, of a step of nothing.
    except (ParseException, ValueError, ZeroDivisionError, TypeError) as error:
        raise invalid(f"cannot be read as cron: {error}") from None
