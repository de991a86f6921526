"""From raw files to alerts: the same files tell nobody anything, however often they are imported."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from monitors.models import Alert, Monitor
from tests.contracts.ingest.raw_files import write_s3
from tests.monitors.conftest import Watch, work

pytestmark = pytest.mark.django_db

AWARDS = [
    {"Bid Reference No.": f"50{number}", "Award No.": f"70{number}", "Contract Amount": f"{number}00.00"}
    for number in range(1, 9)
]


def import_awards(folder: Path, awards: list[dict[str, str]]) -> None:
    file = write_s3(folder / "2024.csv", *awards)
    call_command("import_contracts", "--accept-losses", str(file), stdout=StringIO())


def test_alerts_follow_contracts_over_imports(watch: Watch, tmp_path: Path) -> None:
    import_awards(tmp_path, AWARDS)
    watch()
    work()
    assert Monitor.objects.get().contracts == len(AWARDS)
    # The same file, and its rows in another order, which gives them other ids.
    for awards in (AWARDS, AWARDS[::-1]):
        import_awards(tmp_path, awards)
        work()
    assert (Monitor.objects.get().recorded, Alert.objects.count()) == (3, 0)
    corrected = {**AWARDS[2], "Contract Amount": "350.00"}
    added = {"Bid Reference No.": "509", "Award No.": "709", "Contract Amount": "9.50"}
    import_awards(tmp_path, [added, *AWARDS[:2], corrected, *AWARDS[3:]])
    work()
    alert = Alert.objects.get()
    assert (alert.new, alert.amended, str(alert.new_value)) == (1, 1, "9.50")
    assert [(one["path"], one["amount"], one["before"]) for one in alert.matches] == [
        ("/contracts/509/709/", "9.50", None),
        ("/contracts/503/703/", "350.00", "300.00"),
    ]
