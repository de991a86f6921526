"""Messages to incoming webhooks of Slack: what they say, and that they are none that Slack refuses."""

from __future__ import annotations

from typing import Any

import pytest

from monitors.models import Delivery
from monitors.sending import claims
from tests.listeners import Listener
from tests.monitors.channels.conftest import MATCH, add_receiver, raise_alerts, send_due, way
from tests.monitors.conftest import Publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(publish: Publish, listener: Listener) -> Any:
    """Sends so many alerts; what came."""

    def tell(count: int, **changed: Any) -> dict[str, Any]:
        raise_alerts(count, way(add_receiver(listener, channel="slack")), **changed)
        send_due()
        body: dict[str, Any] = listener.posted[-1].read()
        return body

    return tell


def texts_of(body: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in body["blocks"]]


def test_message_tells_contracts_with_links_and_calls_nobody(told: Any, listener: Listener) -> None:
    body = told(1)
    assert body["text"] == "Dikes &lt;b&gt;: 1 new contract worth 1,500.25 pesos"
    header, section = texts_of(body)
    assert header == "Dikes <b>: 1 new contract worth 1,500.25 pesos"
    link = "<https://explorer.example/contracts/R2/A2/|Dike &lt;!channel&gt; &amp; dam>"
    assert link in section
    assert "Peña &amp; Sons" in section
    assert Delivery.objects.get().state == "sent"
    assert "webhook-signature" not in listener.posted[0].headers


def test_longest_message_is_within_what_slack_takes(told: Any) -> None:
    long = {**MATCH, "title": "<" * 5000, "contractor": "&" * 5000, "path": None}
    for body in (told(1, matches=[long] * 100, new=100), told(claims.MOST_TOGETHER)):
        header, *sections = texts_of(body)
        assert len(header) <= 150
        assert len(body["blocks"]) <= 50
        assert max(map(len, sections)) <= 3000
        assert sum(map(len, sections)) < 13_000
    assert body["text"] == f"{claims.MOST_TOGETHER} alerts: Dikes &lt;b&gt;"


def test_slack_has_no_secret(publish: Publish, listener: Listener) -> None:
    assert add_receiver(listener, channel="slack").secrets == []
