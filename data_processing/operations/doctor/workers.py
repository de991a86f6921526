"""What runs: workers by lane, whether they see the same folders, and what alerts would say."""

from __future__ import annotations

import uuid

from django.conf import settings

from data_processing import broker
from data_processing.operations import overview
from data_processing.operations.doctor.findings import Finding, Findings, error, ok, warning
from data_processing.operations.overview import SEES_EXPORT, WorkerReport
from data_processing.operations.watch import conditions

WORKERS, RUNNING = "workers", "running"
ASK_WITHIN_S = 1.0
START = {
    "housekeeping": "start one: celery -A backend worker -Q critical --pool threads",
    "interactive": "start one: celery -A backend worker -Q high",
    "bulk": "start one: celery -A backend worker -Q normal,low",
}
LATER = "docs/how-to/operate.md, Alerts"


def check_workers() -> Findings:
    reports, state = overview.report_workers()
    if state != "up":
        yield error(WORKERS, f"they cannot be asked: the broker is {state}", "bring the broker back first")
        return
    alive = [report for report in reports if report.alive]
    for lane in overview.list_lanes():
        yield _check_lane(lane, alive)
    for report in reports:
        if not report.alive:
            yield warning(
                WORKERS,
                f"{report.name} does not answer",
                "look at its log, and restart it where it is frozen; tasks that it holds are taken over",
            )
    if alive and settings.EXPORT_FOLDER_SHARED:
        yield from _check_shared_folder()


def check_conditions() -> Findings:
    """What holds now; a worker that is missing has been told."""
    told = ("no-worker", "silent-workers")
    found = [one for one in conditions.list_conditions() if not one.name.startswith(told)]
    for condition in found:
        say = error if condition.serious else warning
        yield say(RUNNING, condition.text, LATER)
    if not found:
        yield ok(RUNNING, "sweeper and Beat have an effect, nothing waits too long")


def _check_lane(lane: str, alive: list[WorkerReport]) -> Finding:
    of_lane = [report for report in alive if lane in report.lanes]
    if not of_lane:
        return error(WORKERS, f"there is none of the lane {lane}", START[lane])
    names = ", ".join(f"{report.name} ({len(report.children)} at a time)" for report in of_lane)
    return ok(WORKERS, f"{lane}: {names}")


def _check_shared_folder() -> Findings:
    """Every worker looks for a file that is made here and now."""
    mark = settings.EXPORT_ROOT / f".doctor-{uuid.uuid4().hex}"
    try:
        settings.EXPORT_ROOT.mkdir(parents=True, exist_ok=True)
        mark.touch()
        answers = broker.ask_workers(SEES_EXPORT, within_s=ASK_WITHIN_S, name=mark.name)
    except OSError as reason:
        yield error(WORKERS, f"{settings.EXPORT_ROOT} cannot be written to: {reason.strerror}", "see storage")
        return
    finally:
        mark.unlink(missing_ok=True)
    blind = sorted(name for name, sees in answers.items() if sees is False)
    if blind:
        yield error(
            WORKERS,
            f"{', '.join(blind)} do not see {settings.EXPORT_ROOT} as this process does",
            "let all see one DATA_DIR, or set EXPORT_FOLDER_SHARED=0 and EXPORT_S3_BUCKET",
        )
    else:
        yield ok(WORKERS, f"all see the same {settings.EXPORT_ROOT}")
