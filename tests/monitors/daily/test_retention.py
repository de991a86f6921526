"""What the nightly cleanup removes, and what it leaves."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from data_processing.models import TaskRun
from monitors import saved, sweeping
from monitors.daily import retention
from monitors.models import Alert, DailyFigure, Delivery, Monitor, SavedSearch
from monitors.questions import SearchToSave
from tests.monitors.conftest import ANA, Publish, Watch, award, work_off

pytestmark = pytest.mark.django_db


def make_alert(monitor: Monitor, *, days_old: int, state: str = "sent") -> Alert:
    number = monitor.alerts.count() + 1
    alert = Alert.objects.create(
        owner=ANA, monitor=monitor, number=number, dataset_version="v", new=1, amended=0, new_value=1
    )
    Alert.objects.filter(pk=alert.pk).update(created_at=timezone.now() - timedelta(days=days_old))
    Delivery.objects.create(alert=alert, channel="mail", state=state, due_at=timezone.now())
    return alert


def make_figures(monitor: Monitor | None, days: list[date]) -> None:
    DailyFigure.objects.bulk_create(
        DailyFigure(monitor=monitor, day=day, contracts=1, value=1, dataset_version="v") for day in days
    )


def clean_up() -> dict[str, int]:
    sweeping.ask_cleanup()
    work_off()
    result = TaskRun.objects.latest("created_at").result
    assert result is not None
    removed: dict[str, int] = result["removed"]
    return removed


def test_dry_run_says_what_goes_then_and_removes_nothing(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    make_alert(watch(), days_old=500)
    out = StringIO()
    for _ in range(2):
        call_command("clean_up_old_data", "--dry-run", stdout=out)
    assert out.getvalue().count("1 alerts ") == 2
    said = {old["name"]: old["rows"] for old in retention.list_old()}
    # The alert would take its delivery along, but that one is old itself.
    assert said == {"deliveries": 1, "alerts": 1, "daily_figures": 0, "visitors_searches": 0}
    assert clean_up() == said
    assert clean_up() == dict.fromkeys(said, 0)


def test_alerts_on_their_way_and_young_ones_stay(
    publish: Publish, watch: Watch, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    settings.MONITOR_ALERT_KEEP_DAYS, settings.DELIVERY_KEEP_DAYS = 30, 10
    publish([award(1)])
    monitor = watch()
    for _ in range(3):
        make_alert(monitor, days_old=31)
    waiting = make_alert(monitor, days_old=31, state="waiting")
    told, young = make_alert(monitor, days_old=11), make_alert(monitor, days_old=9)
    clean_up()
    assert set(Alert.objects.all()) == {waiting, told, young}
    assert {one.alert for one in Delivery.objects.all()} == {waiting, young}


def test_digests_and_tests_go_by_their_own_age(publish: Publish, settings: Settings) -> None:
    settings.DELIVERY_KEEP_DAYS = 10
    for days_old in (11, 9):
        at = timezone.now() - timedelta(days=days_old)
        for tells, state in (("digest", "sent"), ("test", "failed"), ("test", "waiting")):
            Delivery.objects.create(
                owner=ANA, tells=tells, channel="webhook", state=state, due_at=at, created_at=at
            )
    assert clean_up()["deliveries"] == 2
    assert Delivery.objects.filter(state="waiting").count() == 2


def test_of_old_figures_the_first_of_each_month_stays(
    publish: Publish, watch: Watch, settings: Settings
) -> None:
    settings.DAILY_FIGURE_KEEP_DAYS = 3
    publish([award(1)])
    old = [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 5), date(2024, 2, 6)]
    latest = [timezone.localdate() - timedelta(days=ago) for ago in range(3)]
    monitor = watch()
    for of in (None, monitor):
        make_figures(of, [*old, *latest])
    assert clean_up()["daily_figures"] == 4
    for of in (None, monitor):
        kept = DailyFigure.objects.filter(monitor=of).values_list("day", flat=True)
        assert set(kept) == {old[0], old[2], *latest}


def test_unused_searches_of_visitors_go_unless_they_are_watched_or_shared(
    publish: Publish, watch: Watch, settings: Settings
) -> None:
    publish([award(1)])
    watched = watch(name="Watched").search
    wanted = [SearchToSave.from_json({"name": name, "filters": {}}) for name in ("Unused", "Shared", "New")]
    _, shared, new = saved.save_all(ANA, wanted)
    saved.share(shared)
    [of_user] = saved.save_all("user:7", wanted[:1])
    old = timezone.now() - timedelta(days=settings.VISITOR_SEARCH_KEEP_DAYS + 1)
    SavedSearch.objects.exclude(pk=new.pk).update(used_at=old, changed_at=old)
    assert clean_up()["visitors_searches"] == 1
    assert set(SavedSearch.objects.all()) == {watched, shared, new, of_user}
