"""Which old rows of what watches for people go, and when. The machine's own rows are its own affair
(``data_processing.operations.maintenance``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Now, TruncMonth
from django.utils import timezone

from monitors.models import Alert, DailyFigure, Delivery, DeliveryState, SavedSearch

AT_ONCE = 1000
"""Rows that go in one transaction, so that nobody waits for long."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What goes: ``days`` names the setting that says after how long, ``about`` says it to people."""

    name: str
    about: str
    days: str
    find: Callable[[timedelta], QuerySet[Model]]

    @property
    def keep_days(self) -> int:
        days: int = getattr(settings, self.days)
        return days

    def list_old(self) -> QuerySet[Model]:
        return self.find(timedelta(days=self.keep_days))


def _find_deliveries(age: timedelta) -> QuerySet[Delivery]:
    # One that is on its way has its alert kept too: whoever is told of it can look at it.
    over = Delivery.objects.exclude(state=DeliveryState.WAITING)
    # Digests and tests have no alert of their own.
    return over.filter(Q(alert__created_at__lt=Now() - age) | Q(alert=None, created_at__lt=Now() - age))


def _find_alerts(age: timedelta) -> QuerySet[Alert]:
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING).values("alert")
    return Alert.objects.filter(created_at__lt=Now() - age).exclude(pk__in=waiting)


def _find_figures(age: timedelta) -> QuerySet[DailyFigure]:
    """All but the first of each month, which are enough to draw years."""
    earlier = DailyFigure.objects.filter(day__lt=OuterRef("day"), day__gte=OuterRef("month"))
    # Of the whole dataset apart: in SQL nothing equals a null.
    of_monitor = Q(Exists(earlier.filter(monitor=OuterRef("monitor"))))
    of_dataset = Q(Exists(earlier.filter(monitor=None)), monitor=None)
    old = DailyFigure.objects.filter(day__lt=timezone.localdate() - age)
    return old.annotate(month=TruncMonth("day")).filter(of_monitor | of_dataset)


def _find_searches(age: timedelta) -> QuerySet[SavedSearch]:
    """Those of visitors who came no more: nobody watches them, and no link opens them."""
    unused = SavedSearch.objects.filter(used_at__lt=Now() - age, changed_at__lt=Now() - age)
    return unused.filter(owner__startswith="visitor:", monitor=None, share_key=None)


RULES = (
    Rule(
        name="deliveries",
        about="what became of each try to send an alert, of alerts that are older",
        days="DELIVERY_KEEP_DAYS",
        find=_find_deliveries,
    ),
    Rule(
        name="alerts",
        about="alerts that are older, unless they are to be sent still",
        days="MONITOR_ALERT_KEEP_DAYS",
        find=_find_alerts,
    ),
    Rule(
        name="daily_figures",
        about="daily figures that are older, but the first of each month",
        days="DAILY_FIGURE_KEEP_DAYS",
        find=_find_figures,
    ),
    Rule(
        name="visitors_searches",
        about="saved searches of visitors who used them no more, neither watched nor shared",
        days="VISITOR_SEARCH_KEEP_DAYS",
        find=_find_searches,
    ),
)
"""In the order in which they go: deliveries that are over before their alerts take them along."""


class OldRows(TypedDict):
    """Rows that a rule would remove now."""

    name: str
    about: str
    setting: str
    keep_days: int
    rows: int


def list_old() -> list[OldRows]:
    """What would go now, and stays."""
    return [
        {
            "name": rule.name,
            "about": rule.about,
            "setting": rule.days,
            "keep_days": rule.keep_days,
            "rows": rule.list_old().count(),
        }
        for rule in RULES
    ]


def remove_old(rule: Rule) -> int:
    """Remove what the rule says; how many rows. It may be called twice at once, and die anywhere."""
    removed = 0
    old = rule.list_old()
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        old.model._default_manager.filter(pk__in=ids).delete()
        removed += len(ids)
    return removed
