"""The count of alerts notices what never came and what came twice, and takes real mails for what they are."""

from __future__ import annotations

import csv
import json
import smtplib
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tools.chaos.alerts.arrivals import Arrival
from tools.chaos.alerts.counting import AlertCount, ToldAlert, count_alerts
from tools.chaos.alerts.hook import Hook, open_hook
from tools.chaos.alerts.postbox import open_postbox
from tools.chaos.alerts.watched import SUPPLIERS, read_lot, write_raw
from tools.stack.ports import LOOPBACK

FIRST = ToldAlert(id="a", monitor="S", lots=(1,), amounts=(("1000.00", "1001.00"),))
# A check that steps over a version tells both.
REST = ToldAlert(id="b", monitor="S", lots=(2, 3), amounts=(("1001.00", "1003.00"),))


def mail(name: str, *alerts: str) -> Arrival:
    return Arrival(channel="mail", id=name, alerts=frozenset(alerts))


def count(alerts: list[ToldAlert], arrivals: list[Arrival]) -> AlertCount:
    return count_alerts(alerts, arrivals, version=3, channels=("mail",), suppliers=("S",))


def test_each_version_told_once_by_one_message_is_nothing_to_report() -> None:
    counted = count([FIRST, REST], [mail("m", "a"), mail("n", "b")])
    assert (counted.alerts, counted.messages, counted.repeated) == (2, 2, 0)
    assert (counted.lost, counted.doubled) == ([], [])


def test_message_that_comes_again_under_its_id_is_counted_and_allowed() -> None:
    counted = count([FIRST, REST], [mail("m", "a", "b"), mail("m", "a", "b")])
    assert (counted.messages, counted.repeated, counted.doubled) == (1, 1, [])


def test_alert_in_two_messages_is_noticed() -> None:
    assert len(count([FIRST, REST], [mail("m", "a", "b"), mail("n", "a")]).doubled) == 1


def test_message_that_tells_something_else_the_second_time_is_noticed() -> None:
    assert len(count([FIRST, REST], [mail("m", "a", "b"), mail("m", "a")]).doubled) == 1


def test_alert_that_never_arrives_is_noticed() -> None:
    assert count([FIRST, REST], [mail("m", "a")]).lost == ["alert b has not arrived by mail"]


def test_contract_and_amount_that_nobody_was_told_of_are_noticed() -> None:
    lost = count([FIRST], [mail("m", "a")]).lost
    assert lost[:2] == ["lot 2 of S was not told", "lot 3 of S was not told"]
    assert lost[2] == "the amount of S was told up to 1001.00, and is 1003.00"


def test_contract_and_amount_that_were_told_twice_are_noticed() -> None:
    again = ToldAlert(id="c", monitor="S", lots=(2,), amounts=(("1002.00", "1003.00"),))
    counted = count([FIRST, REST, again], [mail("m", "a", "b", "c")])
    assert counted.doubled == ["lot 2 of S was told 2 times"]
    assert len(counted.lost) == 1


def test_raw_file_has_a_lot_more_and_another_amount_in_each_version(tmp_path: Path) -> None:
    write_raw(tmp_path / "watched.csv", version=2)
    with (tmp_path / "watched.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Awardee Organization Name"] == SUPPLIERS[3]]
    assert [read_lot(row["Award Title"]) for row in rows] == [0, 1, 2]
    assert rows[0]["Contract Amount"] == "1002.00"


def test_postbox_takes_a_mail_with_its_id_and_its_alerts() -> None:
    alerts = ["11111111-2222-3333-4444-555555555555", "22222222-2222-3333-4444-555555555555"]
    message = EmailMessage()
    message["Message-ID"] = "<d@site.example>"
    message.set_content("".join(f"All of them: https://site.example/saved/#alert-{one}\n" for one in alerts))
    with open_postbox() as mailing:
        with smtplib.SMTP(LOOPBACK, int(mailing.settings["EMAIL_PORT"])) as server:
            server.send_message(message, "a@site.example", ["b@site.example"])
        assert mailing.arrivals == [mail("<d@site.example>", *alerts)]


def post(hook: Hook, message_id: str, data: dict[str, Any]) -> int:
    body = json.dumps({"type": "alert.raised", "data": data}).encode()
    request = urllib.request.Request(hook.url, body, {"webhook-id": message_id})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_hook_takes_an_alert_and_a_digest_at_the_second_try_at_last() -> None:
    with open_hook() as hook:
        # Refused once at most, by chance.
        for _ in range(2):
            taken = [
                post(hook, "one", {"id": "a"}),
                post(hook, "many", {"alerts": [{"id": "b"}, {"id": "c"}]}),
            ]
        assert taken == [204, 204]
        told = {(one.id, one.alerts) for one in hook.arrivals}
        assert told == {("one", frozenset({"a"})), ("many", frozenset({"b", "c"}))}
