"""Alerts by e-mail, to a real SMTP server: told once, tried again, ended in one click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from monitors import sweeping
from monitors.channels import mail
from monitors.models import Alert, Delivery, Monitor
from tests.monitors.channels.conftest import raise_alerts, send_due
from tests.monitors.conftest import Publish, Watch, award, work, work_off
from tools.stack.ports import LOOPBACK, pick_port

pytestmark = pytest.mark.django_db


class MailBox:
    """A real SMTP server that keeps what it is sent, or refuses it with ``answer``."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 kept"
        self.refused = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.refused:
            return self.refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.answer


@pytest.fixture
def box(settings: Settings) -> Iterator[MailBox]:
    box = MailBox()
    server = Controller(box, hostname=LOOPBACK, port=pick_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = LOOPBACK, server.port
    settings.SITE_URL = "https://explorer.example"
    yield box
    server.stop()


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create_user("ana", email="ana@example.org")


@pytest.fixture
def told(publish: Publish, watch: Watch, ana: User) -> Alert:
    """An alert of Ana's monitor that is to be mailed."""
    publish([award(1)])
    watch(owner=f"user:{ana.pk}", name="Dikes <b>", channels=["mail"])
    work()
    publish([award(1, "7.50"), award(2, "1500.25", award_title="Dike & dam")])
    sweeping.ask_checks()
    work_off()
    return Alert.objects.get()


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_mail_tells_the_contracts_and_the_ways_to_them(told: Alert, box: MailBox) -> None:
    work()
    [message] = box.mails
    assert (message["To"], message["Subject"]) == (
        "ana@example.org",
        "Dikes <b>: 1 new contract worth 1,500.25 pesos, 1 contract with another amount",
    )
    plain, html = text_of(message, "plain"), text_of(message, "html")
    for text in (plain, html):
        assert "https://explorer.example/contracts/R2/A2/" in text
        assert f"https://explorer.example/saved/#alert-{told.pk}" in text
        assert "7.50 pesos, before 1000.00 pesos" in text
    assert "Dike & dam" in plain
    assert "Dike &amp; dam" in html
    assert "Dikes &lt;b&gt;" in html


def test_mail_is_sent_once(told: Alert, box: MailBox) -> None:
    for _ in range(3):
        work()
    assert len(box.mails) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, [one["state"] for one in delivery.tries]) == ("sent", ["sent"])


def test_mail_that_is_not_taken_is_tried_again_under_the_same_id(told: Alert, box: MailBox) -> None:
    box.answer = "451 try later"
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, "451" in delivery.tries[0]["said"]) == ("waiting", True)
    assert delivery.due_at > timezone.now()
    work()
    assert len(Delivery.objects.get().tries) == 1
    box.answer = "250 kept"
    Delivery.objects.update(due_at=timezone.now())
    work()
    assert [message["Message-ID"] for message in box.mails] == [f"<{delivery.pk}@explorer.example>"]


def test_mail_is_given_up_after_its_last_try(told: Alert, box: MailBox) -> None:
    box.answer = "451 try later"
    for _ in range(len(mail.CHANNEL.delays_s) + 1):
        Delivery.objects.filter(state="waiting").update(due_at=timezone.now())
        work()
    assert Delivery.objects.get().state == "failed"


def test_address_that_is_refused_for_good_is_not_tried_again(told: Alert, box: MailBox) -> None:
    box.refused = "550 no such user"
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, len(delivery.tries)) == ("failed", 1)


def test_server_that_is_away_costs_no_alert(told: Alert, settings: Settings, box: MailBox) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, pick_port()
    work()
    assert Delivery.objects.get().state == "waiting"
    settings.EMAIL_PORT = port
    Delivery.objects.update(due_at=timezone.now())
    work()
    assert len(box.mails) == 1


def test_account_without_an_address_gets_no_mail(told: Alert, box: MailBox) -> None:
    User.objects.update(email="")
    work()
    assert (Delivery.objects.get().state, box.mails) == ("failed", [])


def test_mails_end_in_one_click(told: Alert, box: MailBox, client: Client) -> None:
    work()
    [message] = box.mails
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [link] = re.findall(
        r"^<https://explorer.example(/unsubscribe/.+/)>$", message["List-Unsubscribe"].strip()
    )
    assert link in text_of(message, "html")
    monitor = Monitor.objects.get()
    # Programs that only look at links end nothing.
    page = client.get(link)
    assert (page.status_code, "Dikes &lt;b&gt;" in page.content.decode()) == (200, True)
    assert Monitor.objects.get().channels == ["mail"]
    # As a mail program does it: without cookies, and without a token of the page.
    program = Client(enforce_csrf_checks=True)
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Monitor.objects.get().channels == []
    assert Monitor.objects.get().pk == monitor.pk


def test_mail_that_waits_is_dropped_by_unsubscribing(told: Alert, box: MailBox, client: Client) -> None:
    client.post(f"/unsubscribe/{mail.sign(told.monitor)}/")
    work()
    assert (Delivery.objects.get().state, box.mails) == ("dropped", [])


@pytest.mark.parametrize("token", ["x", "x:y:z", "a" * 500])
def test_unsubscribing_by_a_forged_link_does_nothing(told: Alert, client: Client, token: str) -> None:
    for answer in (client.get(f"/unsubscribe/{token}/"), client.post(f"/unsubscribe/{token}/")):
        assert answer.status_code == 404
    assert Monitor.objects.get().channels == ["mail"]


def test_many_alerts_come_in_one_mail_that_ends_all_in_one_click(
    publish: Publish, ana: User, box: MailBox, client: Client
) -> None:
    owner = f"user:{ana.pk}"
    for _ in range(2):
        raise_alerts(3, ("mail", ""), owner=owner)
    Monitor.objects.update(channels=["mail"])
    send_due()
    [message] = box.mails
    assert message["Subject"] == "6 alerts: Dikes <b>"
    assert text_of(message, "plain").count("All of them: https://explorer.example/saved/#alert-") == 6
    digest = Delivery.objects.get(tells="digest")
    assert message["Message-ID"] == f"<{digest.pk}@explorer.example>"
    [link] = re.findall(r"https://explorer.example(/unsubscribe/[^>]+/)", message["List-Unsubscribe"])
    raise_alerts(1, ("mail", ""), owner=owner)
    client.post(link)
    send_due()
    assert {tuple(monitor.channels) for monitor in Monitor.objects.all()} == {()}
    assert len(box.mails) == 1
