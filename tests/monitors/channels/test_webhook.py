"""Standard Webhooks to a real HTTP server: signatures, tries, what ends them, digests, rates."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from data_processing.models import TaskRun
from monitors import receivers, sweeping
from monitors.channels import CHANNELS
from monitors.models import Alert, Delivery, Receiver
from monitors.questions import ReceiverChange
from monitors.sending import claims, tries
from tests.listeners import Listener, Posted
from tests.monitors.channels.conftest import add_receiver, let_pass, raise_alerts, send_due, way
from tests.monitors.conftest import Publish, Watch, award, work, work_off

pytestmark = pytest.mark.django_db

SECONDS_AFTER_EACH_TRY = [5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]


def verify(posted: Posted, secret: str) -> Any:
    return Webhook(secret).verify(posted.body, dict(posted.headers))


def secret_of(receiver: Receiver, number: int = 0) -> str:
    receiver.refresh_from_db()
    secret: str = receiver.secrets[number]["secret"]
    return secret


def test_alert_is_posted_signed_under_the_id_of_its_delivery(receiver: Receiver, listener: Listener) -> None:
    [alert] = raise_alerts(1, way(receiver))
    send_due()
    [posted] = listener.posted
    delivery = Delivery.objects.get()
    assert secret_of(receiver).startswith("whsec_")
    told = verify(posted, secret_of(receiver))
    assert (posted.id, told["type"]) == (str(delivery.pk), "alert.raised")
    assert told["timestamp"] == alert.created_at.isoformat()
    assert told["data"]["matches"][0]["contractor"] == "Peña & Sons"
    assert told["data"]["links"]["page"] == f"https://explorer.example/saved/#alert-{alert.pk}"
    assert (delivery.state, delivery.tries[0]["said"]) == ("sent", "200 ok")
    assert TaskRun.objects.get(kind="send_alert_webhook").queue == "high"
    send_due()
    assert len(listener.posted) == 1


def test_what_a_check_finds_is_posted_to_the_receivers_of_its_monitor(
    publish: Publish, watch: Watch, receiver: Receiver, listener: Listener
) -> None:
    publish([award(1)])
    watch(receivers=[str(receiver.pk)])
    watch(name="Untold")
    work()
    publish([award(1), award(2, award_title="Dike")])
    work()
    [posted] = listener.posted
    told = verify(posted, secret_of(receiver))["data"]
    assert (told["name"], told["new"], told["matches"][0]["title"]) == ("All", 1, "Dike")


def test_old_and_new_secret_both_sign_for_a_day(receiver: Receiver, listener: Listener) -> None:
    receivers.rotate(receiver)
    old, new = secret_of(receiver, 1), secret_of(receiver, 0)
    receivers.test(receiver)
    send_due()
    [posted] = listener.posted
    assert verify(posted, old) == verify(posted, new)
    assert verify(posted, new)["type"] == "receiver.test"
    with pytest.raises(WebhookVerificationError):
        verify(posted, "whsec_" + "A" * 44)
    receiver.secrets[1]["until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    receiver.save()
    receivers.test(receiver)
    send_due()
    with pytest.raises(WebhookVerificationError):
        verify(listener.posted[1], old)
    verify(listener.posted[1], new)


def test_receiver_that_fails_is_tried_ten_times_by_the_schedule(
    receiver: Receiver, listener: Listener
) -> None:
    listener.status, listener.body = 500, b"out\x00 of order"
    raise_alerts(1, way(receiver))
    for seconds in SECONDS_AFTER_EACH_TRY:
        before = timezone.now()
        send_due()
        wait_s = (Delivery.objects.get().due_at - before).total_seconds()
        assert seconds <= wait_s < seconds + 5
        let_pass(seconds - 5)
        count = len(listener.posted)
        send_due()
        assert len(listener.posted) == count, "it is not time yet"
        let_pass(10)
    send_due()
    delivery = Delivery.objects.get()
    assert (len(listener.posted), delivery.state) == (10, "failed")
    assert delivery.tries[0]["said"] == "it answered 500 out of order"
    assert len(set(listener.ids)) == 1
    let_pass(10**6)
    send_due()
    assert len(listener.posted) == 10


def test_receiver_that_wants_to_be_left_alone_is(receiver: Receiver, listener: Listener) -> None:
    listener.status, listener.headers = 429, {"Retry-After": "3600"}
    raise_alerts(1, way(receiver))
    before = timezone.now()
    send_due()
    assert (Delivery.objects.get().due_at - before).total_seconds() >= 3600


def test_gone_disables_the_receiver_and_what_comes_then_can_be_sent_later(
    receiver: Receiver, listener: Listener
) -> None:
    listener.status = 410
    raise_alerts(1, way(receiver))
    send_due()
    raise_alerts(1, way(receiver))
    send_due()
    receiver.refresh_from_db()
    assert (receiver.disabled_at is None, "410" in receiver.reason) == (False, True)
    assert [delivery.state for delivery in Delivery.objects.all()] == ["failed", "failed"]
    assert len(listener.posted) == 1
    listener.status = 200
    receivers.change(receiver, ReceiverChange.from_json({"disabled": False}))
    unsent = Delivery.objects.exclude(pk=listener.ids[0]).get()
    receivers.replay(receiver, unsent.pk)
    send_due()
    unsent.refresh_from_db()
    assert (unsent.state, listener.ids[1]) == ("sent", str(unsent.pk))


def test_replay_sends_again_under_the_same_id_with_all_its_tries(
    receiver: Receiver, listener: Listener
) -> None:
    raise_alerts(1, way(receiver))
    send_due()
    listener.status = 503
    receivers.replay(receiver, Delivery.objects.get().pk)
    send_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, len(delivery.tries), len(set(listener.ids))) == ("waiting", 2, 1)
    listener.status = 200
    receivers.replay(receiver, delivery.pk)
    send_due()
    assert (Delivery.objects.get().state, len(listener.posted)) == ("sent", 3)


def test_many_alerts_for_one_receiver_come_in_one_message(receiver: Receiver, listener: Listener) -> None:
    alerts = raise_alerts(claims.TOGETHER_FROM, way(receiver))
    listener.statuses = [500]
    send_due()
    # What comes meanwhile is told by itself: each try under an id tells the same.
    raise_alerts(1, way(receiver))
    let_pass(10)
    send_due()
    first, *later = listener.posted
    assert sorted(posted.id == first.id for posted in later) == [False, True]
    again = next(posted for posted in later if posted.id == first.id)
    assert again.body == first.body
    told = verify(first, secret_of(receiver))
    assert told["type"] == "alert.digest"
    assert [one["id"] for one in told["data"]["alerts"]] == [str(alert.pk) for alert in alerts]
    digest = Delivery.objects.get(tells="digest")
    assert first.id == str(digest.pk)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert digest.parts.count() == len(alerts)


def test_few_alerts_come_each_by_itself(receiver: Receiver, listener: Listener) -> None:
    raise_alerts(claims.TOGETHER_FROM - 1, way(receiver))
    send_due()
    assert len(set(listener.ids)) == claims.TOGETHER_FROM - 1


def test_what_was_tried_alone_stays_alone(receiver: Receiver, listener: Listener) -> None:
    listener.statuses = [500]
    raise_alerts(1, way(receiver))
    send_due()
    raise_alerts(claims.TOGETHER_FROM, way(receiver))
    let_pass(10)
    send_due()
    types = [posted.read()["type"] for posted in listener.posted]
    assert sorted(types) == ["alert.digest", "alert.raised", "alert.raised"]
    assert len(set(listener.ids)) == 2


def test_digest_tells_nothing_of_a_monitor_that_is_gone(receiver: Receiver, listener: Listener) -> None:
    listener.statuses = [500]
    raise_alerts(claims.TOGETHER_FROM, way(receiver))
    send_due()
    Alert.objects.all().delete()
    let_pass(10)
    send_due()
    assert (Delivery.objects.get().state, len(listener.posted)) == ("dropped", 1)


def test_what_is_over_the_rate_waits_and_is_sent_later(
    receiver: Receiver, listener: Listener, redis_up: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "TOGETHER_FROM", 10**6)
    assert {name: channel.rate for name, channel in CHANNELS.items()} == {
        "mail": (30, 60.0),
        "webhook": (20, 60.0),
        "slack": (20, 60.0),
    }
    count = 3
    few = {**CHANNELS, "webhook": replace(CHANNELS["webhook"], rate=(count, 60.0))}
    monkeypatch.setattr("monitors.sending.tries.CHANNELS", few)
    raise_alerts(count + 2, way(receiver), owner=(owner := f"visitor:{receiver.pk}"))
    Receiver.objects.update(owner=owner)
    send_due()
    assert len(set(listener.ids)) == len(listener.posted) == count
    waiting = Delivery.objects.filter(state="waiting")
    assert all(0 < (one.due_at - timezone.now()).total_seconds() <= 61 for one in waiting)
    assert [one.tries for one in waiting] == [[], []]
    # Others have a rate of their own, and all together one for a host.
    monkeypatch.setattr(tries, "TO_A_HOST", (count + 1, 60.0))
    raise_alerts(2, way(receiver), owner=f"visitor:{listener.port}")
    send_due()
    assert len(listener.posted) == count + 1
    assert Delivery.objects.filter(state="waiting").count() == 3


def test_slow_receivers_hold_up_one_run_and_no_longer_than_one_of_them(
    publish: Publish, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    # People wait for their searches in the same lane.
    count = 8
    for number in range(count):
        owner = f"visitor:{number}"
        raise_alerts(1, way(add_receiver(listener, owner=owner)), owner=owner)
    listener.gate.clear()
    answering = threading.Thread(target=listener.open_after, args=(count,))
    answering.start()
    sweeping.ask_deliveries()
    raise_alerts(1, way(add_receiver(listener)))
    sweeping.ask_deliveries()
    assert TaskRun.objects.filter(kind="send_alert_webhook").count() == 1
    # None is answered before all have come.
    work_off()
    answering.join()
    assert Delivery.objects.filter(state="sent").count() == count
    send_due()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_message_that_cannot_be_posted_spoils_nothing_of_the_others(
    publish: Publish, listener: Listener
) -> None:
    broken, sound = add_receiver(listener), add_receiver(listener)
    # Older programs may have let it in.
    Receiver.objects.filter(pk=broken.pk).update(url="ftp://127.0.0.1/")
    raise_alerts(1, way(broken), way(sound))
    send_due()
    assert Delivery.objects.get(target=str(sound.pk)).state == "sent"
    assert Delivery.objects.get(target=str(broken.pk)).state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_one_delivery_at_once_send_once(receiver: Receiver, listener: Listener) -> None:
    raise_alerts(1, way(receiver))
    delivery = Delivery.objects.get()
    states: list[list[str | None]] = []

    def send() -> None:
        states.append(tries.send([str(delivery.pk)]))
        connections.close_all()

    listener.gate.clear()
    first = threading.Thread(target=send)
    first.start()
    assert listener.came.wait(10)
    second = threading.Thread(target=send)
    second.start()
    second.join(10)
    sweeping.ask_deliveries()
    listener.gate.set()
    first.join(10)
    assert (states, len(listener.posted)) == ([[], ["sent"]], 1)
    assert not TaskRun.objects.filter(kind="send_alert_webhook").exists()


@pytest.mark.django_db(transaction=True)
def test_runs_that_gather_at_once_tell_each_alert_once(receiver: Receiver, listener: Listener) -> None:
    alerts = raise_alerts(2 * claims.TOGETHER_FROM, way(receiver))
    ids = list(Delivery.objects.values_list("pk", flat=True))

    def send(some: list[Any]) -> None:
        for delivery_id in some:
            tries.send([str(delivery_id)])
        connections.close_all()

    threads = [threading.Thread(target=send, args=(ids[first::4],)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    told = [posted.read()["data"] for posted in listener.posted]
    listed = [one["id"] for data in told for one in data.get("alerts", [data])]
    assert sorted(listed) == sorted(str(alert.pk) for alert in alerts)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_try_whose_lease_ran_out_notes_nothing(
    receiver: Receiver, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_alerts(1, way(receiver))
    delivery = Delivery.objects.get()
    stale = claims.claim(delivery)
    assert stale is not None
    let_pass(claims.LEASE_S + 1)
    send_due()
    assert Delivery.objects.get().state == "sent"
    monkeypatch.setattr(claims, "claim", lambda _: stale)
    Delivery.objects.update(state="waiting", due_at=timezone.now() - timedelta(seconds=1))
    assert tries.send([str(delivery.pk)]) == [None]
    assert len(Delivery.objects.get().tries) == 1
    assert len(set(listener.ids)) == 1
