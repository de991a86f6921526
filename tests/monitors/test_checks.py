"""What a monitor tells: each contract once, known by its numbers across dataset versions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from data_processing.models import TaskRun
from monitors import saved, sweeping, watching
from monitors.checking import check
from monitors.checking.matches import TOLD
from monitors.checking.seen import MOST_PARTS
from monitors.models import Alert, Monitor, SavedSearch, SeenPart
from monitors.questions import MonitorChange, SearchChange
from tests.monitors.conftest import ANA, Publish, Watch, award, work

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str | None, str, str | None]]:
    """What the latest alert tells of each contract."""
    alert = Alert.objects.latest("created_at")
    return [(one["change"], one["path"], one["amount"], one["before"]) for one in alert.matches]


def test_first_check_is_a_baseline_that_tells_nothing(publish: Publish, watch: Watch) -> None:
    publish([award(1), award(2)])
    watch()
    work()
    monitor = Monitor.objects.get()
    assert (monitor.contracts, monitor.error, Alert.objects.count()) == (2, "", 0)


def test_new_contract_is_told_with_a_way_to_it(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    work()
    publish([award(2, "2500000.50", award_title="Dike"), award(1)])
    work()
    alert = Alert.objects.get()
    assert (alert.new, alert.amended, str(alert.new_value)) == (1, 0, "2500000.50")
    assert told() == [("new", "/contracts/R2/A2/", "2500000.50", None)]
    assert alert.matches[0]["title"] == "Dike"


def test_same_files_again_tell_nobody_anything(publish: Publish, watch: Watch) -> None:
    awards = [award(number, str(1000 + number)) for number in range(1, 40)]
    publish(awards)
    watch()
    work()
    # Numbered anew, in another order.
    publish(awards[::-1])
    work()
    assert Monitor.objects.get().recorded == 2
    assert not Alert.objects.exists()


def test_corrected_amount_is_told_with_the_one_before(publish: Publish, watch: Watch) -> None:
    publish([award(1, "1000"), award(2, "2000")])
    watch()
    work()
    publish([award(2, "2000"), award(1, "900.25")])
    work()
    assert told() == [("amended", "/contracts/R1/A1/", "900.25", "1000.00")]
    publish([award(1, "1000"), award(2, "2000")])
    work()
    assert told() == [("amended", "/contracts/R1/A1/", "1000.00", "900.25")]
    assert Alert.objects.count() == 2


def test_contract_that_was_gone_for_a_while_is_no_news(publish: Publish, watch: Watch) -> None:
    publish([award(1), award(2)])
    watch()
    work()
    for awards in ([award(1)], [award(1), award(2)]):
        publish(awards)
        work()
    assert not Alert.objects.exists()


def test_only_what_the_search_means_is_told(publish: Publish, watch: Watch) -> None:
    publish([award(1, awardee_name="Alpha")])
    watch({"contractors": ["Alpha"]})
    work()
    publish([award(1, awardee_name="Alpha"), award(2, awardee_name="Beta"), award(3, awardee_name="Alpha")])
    work()
    assert [path for _, path, _, _ in told()] == ["/contracts/R3/A3/"]


@pytest.mark.parametrize(
    "spelled",
    [{"reference_id": "r 0001"}, {"award_number": "0a1", "award_title": "Corrected title"}],
    ids=str,
)
def test_contract_is_known_however_its_numbers_are_spelled(
    publish: Publish, watch: Watch, spelled: dict[str, Any]
) -> None:
    first = {"reference_id": "R0001"} if "reference_id" in spelled else {}
    publish([award(1, **first)])
    watch()
    work()
    publish([award(1, **{**first, **spelled})])
    work()
    assert not Alert.objects.exists()


def test_contracts_without_an_award_number_are_told_apart_by_names_and_titles(
    publish: Publish, watch: Watch
) -> None:
    nameless: dict[str, Any] = {"award_number": None, "contract_number": "1"}
    first, second = (award(1, **nameless, award_title=title) for title in ("Chairs", "Tables"))
    publish([first, second])
    watch()
    work()
    publish([second, first])
    work()
    assert not Alert.objects.exists()
    publish([second, {**first, "award_title": "Desks"}, first])
    work()
    assert [(change, before) for change, _, _, before in told()] == [("new", None)]


def test_contracts_that_are_alike_in_all_are_counted(publish: Publish, watch: Watch) -> None:
    same = award(1)
    publish([same, same])
    watch()
    work()
    assert Monitor.objects.get().contracts == 2
    publish([same, same])
    work()
    assert not Alert.objects.exists()
    publish([same, same, same])
    work()
    assert Alert.objects.get().new == 1


def test_alert_counts_all_and_tells_the_largest(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    work()
    publish([award(1, "1001"), *(award(number, str(number)) for number in range(2, 200))])
    work()
    alert = Alert.objects.get()
    assert (alert.new, alert.amended, len(alert.matches)) == (198, 1, TOLD)
    assert alert.matches[0]["amount"] == "199.00"


def test_what_was_seen_stays_a_few_parts(publish: Publish, watch: Watch) -> None:
    awards = [award(1)]
    watch()
    for number in range(2, MOST_PARTS + 4):
        awards.append(award(number))
        publish(awards)
        work()
    assert SeenPart.objects.count() <= MOST_PARTS
    assert Alert.objects.count() == MOST_PARTS + 1
    publish(awards[::-1])
    work()
    assert Alert.objects.count() == MOST_PARTS + 1


def test_other_filters_begin_with_a_baseline(publish: Publish, watch: Watch) -> None:
    publish([award(1, award_title="Dike"), award(2, award_title="Omega")])
    watch({"text": "dike"})
    work()
    search = SavedSearch.objects.get()
    saved.change(search, SearchChange.from_json({"filters": {"text": "omega"}}))
    work()
    assert (Monitor.objects.get().contracts, Alert.objects.count()) == (1, 0)
    publish([award(2, award_title="Omega"), award(3, award_title="Omega")])
    work()
    assert [path for _, path, _, _ in told()] == ["/contracts/R3/A3/"]


def test_other_name_keeps_what_was_seen(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    work()
    saved.change(SavedSearch.objects.get(), SearchChange.from_json({"name": "New", "filters": {}}))
    publish([award(1), award(2)])
    work()
    assert Alert.objects.get().new == 1


def test_older_version_that_is_made_current_is_not_compared(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    work()
    runs = TaskRun.objects.count()
    Monitor.objects.update(checked_version="99999999T000000000000Z")
    work()
    assert TaskRun.objects.count() == runs


def test_monitor_of_another_versions_search_says_so_and_holds_up_no_other(
    publish: Publish, watch: Watch
) -> None:
    publish([award(1)])
    broken = watch()
    watch(name="other")
    SavedSearch.objects.filter(monitor=broken).update(filters={"regions": ["III"]})
    work()
    errors = dict(Monitor.objects.values_list("search__name", "error"))
    assert ("another version" in errors["All"], errors["other"]) == (True, "")
    assert set(TaskRun.objects.values_list("state", flat=True)) == {"SUCCESS"}


def test_monitor_that_means_too_many_says_so(
    publish: Publish, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "MOST_CONTRACTS", 1)
    publish([award(1), award(2)])
    watch()
    work()
    assert Monitor.objects.get().error.startswith("it means 2 contracts, and at most 1")
    monkeypatch.undo()
    publish([award(1), award(2)])
    work()
    assert (Monitor.objects.get().error, Alert.objects.count()) == ("", 0)


# --- When ------------------------------------------------------------------------------------------------


def test_each_version_is_compared_once(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    for _ in range(3):
        work()
    assert TaskRun.objects.filter(kind="check").count() == 1


def test_check_that_is_asked_for_is_not_asked_for_again(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    assert [sweeping.ask_checks(), sweeping.ask_checks()] == [1, 0]
    # Its run was given up: it is asked for anew after a while.
    Monitor.objects.update(asked_at=timezone.now() - timedelta(seconds=watching.ASKED_AGAIN_S + 1))
    assert sweeping.ask_checks() == 1


def test_schedule_by_the_clock_waits_for_its_time(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch(schedule="daily")
    work()
    publish([award(1), award(2)])
    work()
    assert not Alert.objects.exists()
    monitor = Monitor.objects.get()
    assert monitor.next_check_at is not None
    assert timezone.localtime(monitor.next_check_at).hour == 7
    Monitor.objects.update(next_check_at=timezone.now())
    work()
    assert Alert.objects.get().new == 1
    # With no new version the clock goes on without a run.
    Monitor.objects.update(next_check_at=timezone.now())
    assert sweeping.ask_checks() == 0
    monitor.refresh_from_db()
    assert monitor.next_check_at > timezone.now()


def test_schedule_of_another_version_holds_up_no_other(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    odd = watch(schedule="daily", name="A")
    watch(schedule="daily", name="B")
    Monitor.objects.filter(pk=odd.pk).update(schedule="each full moon")
    work()
    assert [one.contracts for one in Monitor.objects.all()] == [1, 1]
    assert not Monitor.objects.exclude(next_check_at__gt=timezone.now()).exists()
    assert sweeping.ask_checks() == 0


def test_paused_monitor_tells_all_at_once_when_it_goes_on(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    monitor = watch()
    work()
    watching.change(monitor, MonitorChange.from_json({"paused": True}))
    for number in (2, 3):
        publish([award(one) for one in range(1, number + 1)])
        work()
    assert not Alert.objects.exists()
    watching.change(monitor, MonitorChange.from_json({"paused": False}))
    work()
    assert Alert.objects.get().new == 2


def test_owners_take_turns_and_each_has_runs_of_its_own(
    publish: Publish, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish([award(1)])
    for number in range(6):
        watch(name=f"of ana {number}")
    watch(owner="visitor:bob")
    monkeypatch.setattr(sweeping, "BATCH", 3)
    assert sweeping.ask_checks() == 3
    asked = Monitor.objects.exclude(asked_at=None).values_list("owner", flat=True)
    assert sorted(asked) == [ANA, ANA, "visitor:bob"]
    assert TaskRun.objects.filter(kind="check").count() == 2


def test_nobody_waits_for_a_dataset_that_is_not_there(watch: Watch, settings: Any, tmp_path: Any) -> None:
    watch()
    settings.DATASET_ROOT = tmp_path / "nothing"
    assert sweeping.ask_checks() == 0


def test_day_of_award_says_nothing_of_who_a_contract_is(publish: Publish, watch: Watch) -> None:
    publish([award(1)])
    watch()
    work()
    publish([award(1, award_date=date(2024, 5, 5))])
    work()
    assert not Alert.objects.exists()
