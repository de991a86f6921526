"""The admin's page of dead letters: what operators see there, and what those who may do with them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from data_processing.lifecycle.runs import claims, endings
from data_processing.lifecycle.runs.endings import Ending
from data_processing.models import DeadLetter, DeadReason, State, TaskRun
from tests.machine import MakeRun

pytestmark = pytest.mark.django_db

PAGE = "/admin/data_processing/deadletter/"


@pytest.fixture
def dead(make_run: MakeRun) -> DeadLetter:
    run = make_run("search")
    TaskRun.objects.filter(id=run.id).update(description="Search: <all>")
    claim = claims.claim(run.id, worker="w1", lease_s=30)
    assert claim is not None
    why = Ending(code="broken", message="it <b>broke</b>", retryable=True, dead=DeadReason.ATTEMPTS_USED_UP)
    assert endings.fail(claim, why)
    return DeadLetter.objects.get()


def sign_in(*permissions: str) -> Client:
    user = User.objects.create_user("ops", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def act(client: Client, action: str, *chosen: DeadLetter) -> str:
    """The page after the action."""
    fields = {"action": action, "_selected_action": [str(one.pk) for one in chosen]}
    return client.post(PAGE, fields, follow=True).content.decode()


def test_operator_sees_what_was_given_up_and_why(dead: DeadLetter) -> None:
    page = sign_in("view_deadletter").get(PAGE).content.decode()
    assert str(dead.run_id) in page
    assert "Search: &lt;all&gt;" in page
    assert "it &lt;b&gt;broke&lt;/b&gt;" in page


def test_operator_replays_and_is_told_what_cannot_be(dead: DeadLetter) -> None:
    unreadable = DeadLetter.objects.create(reason=DeadReason.UNREADABLE, queue="high", message="?")
    page = act(sign_in("view_deadletter", "change_deadletter"), "replay", dead, unreadable)
    assert "1 replayed" in page
    assert "the message could not be read" in page
    dead.refresh_from_db()
    assert (dead.resolution, dead.resolved_by) == ("replayed", "ops")
    assert TaskRun.objects.get().state == State.PENDING


def test_who_may_only_look_resolves_nothing(dead: DeadLetter) -> None:
    act(sign_in("view_deadletter"), "discard", dead)
    dead.refresh_from_db()
    assert dead.resolved_at is None
