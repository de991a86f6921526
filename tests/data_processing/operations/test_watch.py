"""Operators are told what is wrong, once, by mail and webhook, also when no worker is left."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.management import CommandError, call_command
from django.db.models import F
from django.db.models.functions import Now
from pytest_django import Settings

from data_processing.lifecycle import runner
from data_processing.models import DeadLetter, DeadReason, OperatorAlert, Pulse, State, TaskRun
from data_processing.operations import maintenance, pulses
from data_processing.operations.watch import alerts
from data_processing.operations.watch.conditions import list_conditions
from tests.machine import MakeRun
from tools.stack.ports import LOOPBACK, pick_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("broker_up", "redis_up")]


class MailBox:
    """A real SMTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.bodies: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.subjects.append(str(message["Subject"]))
        self.bodies.append(message.get_content())
        return "250 kept"


@pytest.fixture
def mails(settings: Settings) -> Iterator[MailBox]:
    box = MailBox()
    server = Controller(box, hostname=LOOPBACK, port=pick_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = LOOPBACK, server.port
    settings.ALERT_MAIL_TO = ["operator@example.org"]
    yield box
    server.stop()


@pytest.fixture
def hooked(settings: Settings) -> Iterator[list[str]]:
    """The texts that a real HTTP server is sent."""
    texts: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = HTTPServer((LOOPBACK, 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ALERT_WEBHOOK_URL = f"http://{LOOPBACK}:{server.server_port}/hook"
    yield texts
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def all_is_well(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for workers: there is none in these tests, of which most do not want to be told."""
    settings.ALERT_DISK_FREE_GB = 0
    settings.DATA_DIR.mkdir(exist_ok=True)
    Pulse.objects.bulk_create(
        Pulse(name=name, beaten_at=Now() - timedelta(minutes=1))
        for name in (pulses.SWEEP, pulses.BEAT, alerts.TURN)
    )
    OperatorAlert.objects.bulk_create(
        OperatorAlert(
            name=f"no-worker-{queue}", text="", first_seen_at=Now(), last_seen_at=Now(), told_at=Now()
        )
        for queue in ("critical", "high", "normal", "low")
    )


def let_pass(seconds: float) -> None:
    """Let what is known of conditions and turns be so much longer ago, and look."""
    ago = timedelta(seconds=seconds)
    OperatorAlert.objects.update(
        first_seen_at=F("first_seen_at") - ago,
        last_seen_at=F("last_seen_at") - ago,
        told_at=F("told_at") - ago,
    )
    look_now()


def look_now() -> None:
    for name in (pulses.SWEEP, pulses.BEAT):
        Pulse.objects.filter(name=name).update(beaten_at=Now())
    alerts.look()
    Pulse.objects.filter(name=alerts.TURN).update(beaten_at=Now() - timedelta(minutes=1))


@pytest.fixture
def dead_letter(make_run: MakeRun) -> DeadLetter:
    return DeadLetter.objects.create(
        run=make_run("search"), queue="high", reason=DeadReason.CRASH_LOOP, error={}, attempts=[]
    )


def test_what_lasts_is_told_once_by_mail_and_webhook_and_when_it_is_over(
    mails: MailBox, hooked: list[str], dead_letter: DeadLetter
) -> None:
    look_now()
    let_pass(30)
    assert mails.subjects == [], "it may be over in a moment"
    let_pass(31)
    let_pass(60)
    assert mails.subjects == ["[PhilGEPS Explorer] 1 new: dead-letters-high"]
    assert "1 dead letters of the queue high wait for somebody" in mails.bodies[0]
    assert len(hooked) == 1
    assert hooked[0].startswith("[PhilGEPS Explorer] 1 new: dead-letters-high\nNew: 1 dead letters")
    dead_letter.delete()
    let_pass(60)
    assert len(mails.subjects) == 1, "it may come again in a moment"
    let_pass(181)
    assert mails.subjects[1:] == ["[PhilGEPS Explorer] 1 over: dead-letters-high"]
    assert not OperatorAlert.objects.filter(name="dead-letters-high").exists()


def test_what_comes_and_goes_is_told_once(mails: MailBox, dead_letter: DeadLetter) -> None:
    look_now()
    let_pass(61)
    for _ in range(3):
        DeadLetter.objects.update(resolved_at=Now())
        let_pass(60)
        DeadLetter.objects.update(resolved_at=None)
        let_pass(60)
    assert len(mails.subjects) == 1


def test_what_goes_on_is_told_again_after_hours(mails: MailBox, dead_letter: DeadLetter) -> None:
    look_now()
    let_pass(61)
    let_pass(12 * 3600)
    assert mails.subjects[1].startswith("[PhilGEPS Explorer] ")
    assert "still" in mails.subjects[1]


def test_further_messages_wait_and_are_sent_as_one(
    mails: MailBox, dead_letter: DeadLetter, settings: Settings, make_run: MakeRun
) -> None:
    settings.ALERT_MAX_PER_HOUR = 1
    look_now()
    let_pass(61)
    settings.ALERT_QUEUE_LENGTH = 0
    make_run("export")
    look_now()
    let_pass(61)
    dead_letter.delete()
    let_pass(200)
    assert len(mails.subjects) == 1
    TaskRun.objects.update(created_at=Now() - timedelta(hours=2))
    let_pass(1)
    assert (
        mails.subjects[1]
        == "[PhilGEPS Explorer] 2 new, 1 over: length-high, length-normal, dead-letters-high"
    )


def test_mail_that_could_not_be_sent_is_sent_later(
    mails: MailBox, dead_letter: DeadLetter, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, pick_port()
    look_now()
    let_pass(61)
    job = TaskRun.objects.get(kind="job")
    assert (job.state, mails.subjects) == (State.RETRY, [])
    settings.EMAIL_PORT = port
    TaskRun.objects.filter(id=job.id).update(next_attempt_at=Now() - timedelta(seconds=1))
    maintenance.sweep()
    runner.run_attempt(job.id, worker="w")
    assert len(mails.subjects) == 1


def test_one_process_looks_at_a_time(mails: MailBox, dead_letter: DeadLetter) -> None:
    look_now()
    OperatorAlert.objects.update(first_seen_at=Now() - timedelta(hours=1))
    Pulse.objects.filter(name=alerts.TURN).update(beaten_at=Now())
    alerts.look()
    assert mails.subjects == []


def test_each_kind_of_trouble_has_a_name_and_says_what_to_do(
    make_run: MakeRun, settings: Settings, dead_letter: DeadLetter
) -> None:
    settings.ALERT_DISK_FREE_GB = 10**9
    settings.ALERT_QUEUE_LENGTH = 0
    pulses.beat(pulses.BEAT)
    waiting = make_run("export")
    TaskRun.objects.filter(id=waiting.id).update(created_at=Now() - timedelta(hours=2))
    for number in range(5):
        failed = make_run("search", {"page": number + 2})
        TaskRun.objects.filter(id=failed.id).update(state=State.FAILURE, finished_at=Now())
    found = {condition.name: condition.text for condition in list_conditions()}
    assert set(found) >= {
        "no-worker-critical",
        "no-worker-high",
        "waiting-normal",
        "length-normal",
        "dead-letters-high",
        "silent-sweep",
        "failures",
        "disk",
    }
    assert "silent-beat" not in found
    assert "start a worker of `high`" in found["no-worker-high"]
    assert found["failures"].startswith("5 of the 5 tasks")


def test_operator_can_try_the_alerts(
    mails: MailBox, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("send_test_alert")
    assert mails.subjects == ["[PhilGEPS Explorer] 1 new: test"]
    assert "taken" in capsys.readouterr().out
    settings.EMAIL_PORT = pick_port()
    with pytest.raises(CommandError, match="ConnectionRefusedError"):
        call_command("send_test_alert")
    settings.ALERT_MAIL_TO = []
    with pytest.raises(CommandError, match="set ALERT_MAIL_TO"):
        call_command("send_test_alert")
