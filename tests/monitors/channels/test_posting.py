"""Posting to addresses that users give: where it may go, and how long and how much it is listened to."""

from __future__ import annotations

import logging
import socket
import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_django import Settings

from contracts.errors import InvalidQuery
from monitors.channels import posting
from monitors.channels.addresses import may_reach
from monitors.channels.channel import NotDelivered, Post
from monitors.questions import ReceiverToMake
from tests.listeners import NETWORKS, Listener, listen

PUBLIC = ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
CLOSED = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "ff02::1", "2001:db8::1", "::7f00:1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_posted_to(address: str) -> None:
    assert may_reach(ip_address(address))


@pytest.mark.parametrize("address", CLOSED)
def test_all_others_may_not(address: str) -> None:
    assert not may_reach(ip_address(address))


def test_setting_opens_a_network_and_no_more(settings: Settings) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    assert all(may_reach(ip_address(one)) for one in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::5"))
    assert not any(may_reach(ip_address(one)) for one in ("10.2.0.1", "127.0.0.1", "fe80::1"))


def post(*urls: str) -> str:
    """What each answered; raises what became of the first that failed."""
    answers = posting.post_all([Post(url=url, body=b"{}", headers={}) for url in urls])
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return " ".join(str(answer) for answer in answers)


def lead(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let each look-up of a name lead to the next of ``answers``; returns what was looked up."""
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def answer(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name[0].isdigit():
            return look_up(host, port, *rest, **more)
        asked.append(name)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("found", [["10.0.0.1"], ["8.8.8.8", "169.254.169.254"]])
def test_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, found: list[str]) -> None:
    lead(monkeypatch, found)
    with pytest.raises(NotDelivered, match="may be posted to"):
        post("http://rebind.example/")


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with listen() as here, pytest.raises(NotDelivered):
        post(f"http://{host}:{here.port}/")
    assert here.posted == []


def test_connection_goes_to_the_address_that_was_checked(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lead(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    url = f"http://desk.example:{listener.port}/hook?a=1"
    assert post(url) == "200 ok"
    assert asked == ["desk.example"], "a second look-up could lead elsewhere"
    assert listener.posted[0].headers["host"] == f"desk.example:{listener.port}"
    assert listener.posted[0].path == "/hook?a=1"


@pytest.mark.parametrize(("name", "good"), [("desk.example", True), ("else.example", False)])
def test_certificate_must_be_of_the_name_although_the_number_is_connected_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, good: bool
) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network(NETWORKS)]
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    lead(monkeypatch, ["127.0.0.1"])
    with listen(authority.issue_cert(name)) as listener:
        url = f"https://desk.example:{listener.port}/hook"
        if good:
            assert post(url) == "200 ok"
        else:
            with pytest.raises(NotDelivered, match="certificate"):
                post(url)
    assert len(listener.posted) == good


def test_next_address_is_tried_where_the_first_takes_no_connection(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The listener is on the second of them alone.
    lead(monkeypatch, ["127.0.0.2", "127.0.0.1"])
    assert post(f"http://desk.example:{listener.port}/") == "200 ok"
    assert len(listener.posted) == 1


def test_redirect_is_not_followed(listener: Listener) -> None:
    with listen() as inside:
        listener.status, listener.headers = 307, {"Location": inside.url}
        with pytest.raises(NotDelivered, match="307"):
            post(listener.url)
    assert inside.posted == []


def test_address_stands_in_no_line_of_the_log(listener: Listener, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        post(listener.url)
    assert "hook" not in caplog.text


def test_proxy_of_the_environment_is_not_used(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert post(listener.url) == "200 ok"


def test_endless_answer_is_cut(listener: Listener) -> None:
    listener.endless = True
    assert post(listener.url) == "200 " + "x" * posting.SHOWN_ANSWER


@pytest.mark.parametrize("how", [{"slow": True}, {"delay_s": 30.0}], ids=str)
def test_slow_answer_is_cut(listener: Listener, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]) -> None:
    assert posting.WITHIN_S == 15
    monkeypatch.setattr(posting, "WITHIN_S", 0.3)
    vars(listener).update(how)
    began = time.monotonic()
    with pytest.raises(NotDelivered, match="within"):
        post(listener.url)
    assert time.monotonic() - began < 10


def test_server_that_is_away_is_no_fault_of_ours() -> None:
    with listen() as gone:
        url = gone.url
    with pytest.raises(NotDelivered):
        post(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://a.example/",
            "file:///etc/passwd",
            "a.example/hook",
            "http://",
            "https:///x",
            "javascript:1",
        ),
        *("http://user:pw@a.example/", "http://a.example/#x", "http://a.example/a b", "http://a.example/\n"),
        *("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/", "http://a.example:99999/"),
        *("http://[::1", "http://a.example\x00/", "http://a.example/" + "x" * 1000),
    ],
)
def test_address_that_cannot_be_posted_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        ReceiverToMake.from_json({"name": "Desk", "url": url})
    assert refused.value.pointer == "/url"
