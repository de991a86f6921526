"""Links to files: whose they are, what they open, how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from pytest_django import Settings

from data_processing.models import ExportFile, FileShare
from data_processing.outputs import shares
from tests.api.conftest import TASKS, post, start, work_off

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def task(visitor: Client) -> dict[str, Any]:
    started = start(visitor, "export", {"format": "csv"})
    work_off()
    return started


def make_link(client: Client, task: dict[str, Any], **body: Any) -> Any:
    return post(client, f"{TASKS}{task['task_id']}/shares/", body)


def test_a_link_opens_the_file_to_somebody_without_an_account(
    visitor: Client, other: Client, task: dict[str, Any], settings: Settings
) -> None:
    made = make_link(visitor, task, hours=5)
    assert (made.status_code, made["Location"]) == (201, made.json()["links"]["self"])
    settings.ANONYMOUS_ACCESS = False
    seen = other.get(made.json()["links"]["shared"]).json()
    export = ExportFile.objects.get()
    assert (seen["name"], seen["rows"], seen["sha256"]) == (export.name, export.rows, export.sha256)
    assert seen["filters_in_words"] == export.filters_in_words
    assert seen["made_by"] == "a visitor without an account"
    ends_at = parse_datetime(seen["ends_at"])
    assert ends_at is not None
    assert timedelta(hours=4.9) < ends_at - timezone.now() < timedelta(hours=5.1)
    file = other.get(seen["links"]["download"], headers={"Range": "bytes=0-9"})
    assert (file.status_code, file["ETag"]) == (206, f'"{export.sha256}"')
    # The link is the only way.
    assert other.get(task["links"]["download"]).status_code == 401
    assert not other.cookies


def test_a_link_without_hours_ends_with_the_file_and_none_ends_later(
    visitor: Client, task: dict[str, Any]
) -> None:
    expiry = ExportFile.objects.get().expires_at.isoformat()
    assert make_link(visitor, task).json()["ends_at"] == expiry
    assert make_link(visitor, task, hours=24 * 300).json()["ends_at"] == expiry


def test_the_page_at_a_link_tells_people_what_it_is(task: dict[str, Any], visitor: Client) -> None:
    ana = Client()
    ana.force_login(User.objects.create_user("ana"))
    mine = start(ana, "export", {"format": "xlsx", "filters": {"keywords": ["flood"]}})
    work_off()
    link = make_link(ana, mine, hours=1).json()
    page = visitor.get(link["links"]["page"])
    export = ExportFile.objects.get(pk=mine["task_id"])
    text = page.content.decode()
    for words in ("A file that ana shares", export.name, "flood", "Download", export.dataset_version):
        assert words in text
    assert page["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("body", [{"hours": 0}, {"hours": 9000}, {"hours": "2"}, {"days": 1}])
def test_a_link_for_no_time_is_refused(visitor: Client, task: dict[str, Any], body: dict[str, Any]) -> None:
    refused = make_link(visitor, task, **body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-query")


def test_a_revoked_link_has_ended_for_good_and_others_live_on(
    visitor: Client, other: Client, task: dict[str, Any]
) -> None:
    first, second = (make_link(visitor, task).json() for _ in range(2))
    assert [visitor.delete(first["links"]["self"]).status_code for _ in range(2)] == [204, 204]
    listed = visitor.get(f"{TASKS}{task['task_id']}/shares/").json()["shares"]
    assert [one["id"] for one in listed] == [second["id"]]
    gone = other.get(first["links"]["shared"])
    assert (gone.status_code, gone.json()["code"]) == (410, "share-ended")
    assert other.get(f"{first['links']['shared']}download/").status_code == 410
    page = other.get(first["links"]["page"])
    assert page.status_code == 410
    assert "Whoever made this link has revoked it" in page.content.decode()
    assert other.get(second["links"]["shared"]).status_code == 200


def test_a_link_ends_by_itself_and_with_its_file(
    visitor: Client, other: Client, task: dict[str, Any]
) -> None:
    link = make_link(visitor, task).json()["links"]
    FileShare.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert other.get(link["shared"]).json()["code"] == "share-ended"
    visitor.delete(task["links"]["export"])
    assert other.get(link["shared"]).json()["code"] == "expired"
    assert make_link(visitor, task).json()["code"] == "expired"
    visitor.delete(task["links"]["self"])
    assert other.get(link["shared"]).status_code == 404


def test_links_are_their_owners_to_make_see_and_revoke(
    visitor: Client, other: Client, task: dict[str, Any]
) -> None:
    link = make_link(visitor, task).json()["links"]["self"]
    answers = [make_link(other, task), other.get(link), other.delete(link)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert FileShare.objects.get().revoked_at is None


def test_a_file_has_no_more_links_than_somebody_can_watch(visitor: Client, task: dict[str, Any]) -> None:
    export = ExportFile.objects.get()
    for _ in range(shares.MOST_SHARES):
        shares.share(export, hours=1, made_by="")
    refused = make_link(visitor, task)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-shares")


def test_a_browser_at_somebody_elses_file_is_shown_a_page_and_a_program_the_problem(
    visitor: Client, other: Client, task: dict[str, Any]
) -> None:
    page = other.get(task["links"]["download"], headers=BROWSER)
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert page["Cache-Control"] == "private, no-store"
    assert "it is somebody else&#x27;s" in page.content.decode()
    problem = other.get(task["links"]["download"])
    assert (problem.status_code, problem["Content-Type"]) == (404, "application/problem+json")
    visitor.delete(task["links"]["export"])
    gone = visitor.get(task["links"]["download"], headers=BROWSER)
    assert gone.status_code == 410
    assert "The file has expired" in gone.content.decode()
    assert other.get("/shared/no-such-key/").status_code == 404
