"""Incoming webhooks of Slack, and of what takes the same: Mattermost, Rocket.Chat, Discord (``/slack``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from urllib.parse import quote

from django.conf import settings

from monitors.channels.channel import Message, Post, ToReceiver, get_receiver
from monitors.channels.webhook import DELAYS_S
from monitors.models import Alert
from monitors.wording import Match, link_to, say_amount, sum_up, title_of

SHOWN, SHOWN_OF_MANY = 10, 0
"""Contracts that a message tells one by one, of one alert and of each of several."""
# Slack refuses what is longer: a header, a section, or, which it says nowhere, 13,200 characters in all.
LONGEST_HEADER, LONGEST_SECTION, LONGEST_IN_ALL = 150, 3000, 12_000
LONGEST_TITLE = 120


def write(message: Message) -> Post:
    """Raises NotDelivered."""
    receiver = get_receiver(message)
    body = json.dumps(write_body(message), ensure_ascii=False).encode()
    # Slack does not look at it; what stands between may.
    return Post(url=receiver.url, body=body, headers={"webhook-id": str(message.id)})


def write_body(message: Message) -> Mapping[str, object]:
    """``text`` for notifications and for what knows no blocks."""
    if not message.alerts:
        text = "A test: alerts of the PhilGEPS Data Explorer arrive here."
        return {"text": text, "blocks": [_section(text)]}
    title = title_of(message.alerts)
    shown = SHOWN if len(message.alerts) == 1 else SHOWN_OF_MANY
    sections = _fit([_tell(alert, shown) for alert in message.alerts])
    return {"text": _escape(title), "blocks": [_header(title), *map(_section, sections)]}


def _tell(alert: Alert, shown: int) -> str:
    matches: list[Match] = alert.matches[:shown]
    more = alert.new + alert.amended - len(matches)
    head = f"*<{link_to(alert)}|{_escape(alert.monitor.search.name)}>*: {_escape(sum_up(alert))}"
    rest = [f"and {more:,} more"] if matches and more > 0 else []
    return _cut("\n".join([head, *map(_tell_match, matches), *rest]))


def _fit(texts: Sequence[str]) -> list[str]:
    """Those that fit into one message; how many do not is said."""
    lengths = accumulate(len(text) for text in texts)
    fitting = sum(length < LONGEST_IN_ALL for length in lengths)
    left = len(texts) - fitting
    link = f"<{settings.SITE_URL.rstrip('/')}/saved/#alerts|{left} more>"
    return [*texts[:fitting], *([f"and {link}"] if left else [])]


def _tell_match(match: Match) -> str:
    title = _escape((match["title"] or "(no title)")[:LONGEST_TITLE])
    if match["path"]:
        title = f"<{settings.SITE_URL.rstrip('/')}{quote(match['path'], safe='/%')}|{title}>"
    names = [match["organization"], match["contractor"], say_amount(match)]
    return "• " + " · ".join([title, *(_escape(name[:LONGEST_TITLE]) for name in names if name)])


def _header(text: str) -> Mapping[str, object]:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:LONGEST_HEADER], "emoji": False}}


def _section(text: str) -> Mapping[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _cut(text: str) -> str:
    """Whole lines only: half a link shows as its address."""
    while len(text) > LONGEST_SECTION:
        text = text[: text.rindex("\n")] if "\n" in text else text[:LONGEST_SECTION]
    return text


def _escape(text: str) -> str:
    # So that a title can neither call everybody (<!channel>) nor make a link.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


CHANNEL = ToReceiver(
    name="slack",
    about="a message to an incoming webhook of Slack, or of what takes the same",
    write=write,
    delays_s=DELAYS_S,
    rate=(20, 60.0),
)
