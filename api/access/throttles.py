"""How often a token, a user and the visitors of an address may ask, by the setting REQUEST_RATE_LIMITS.
Counted in Redis, for all web processes together."""

from __future__ import annotations

from collections.abc import Iterator

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from api.access.addresses import address_key
from api.models import ApiToken
from data_processing.outputs import results

TOKEN, USER, ADDRESS = "token", "user", "address"
RATES = (TOKEN, USER, ADDRESS)
"""What a rate may be set for: a token, a user with all of their tokens, the visitors of an address."""


class RequestRates(BaseThrottle):
    """Counts a request for each rate that means its asker."""

    # Not the framework's own, which read and write the cache in two steps: of requests at the same moment
    # they count one.

    def __init__(self) -> None:
        self._wait_s = 0.0

    def allow_request(self, request: Request, view: object) -> bool:
        if settings.REQUEST_RATE_LIMITS:
            waits = [_count(name, asker) for name, asker in _list_askers(request)]
            self._wait_s = max(waits, default=0.0)
        return self._wait_s == 0.0

    def wait(self) -> float:
        return self._wait_s


def _list_askers(request: Request) -> Iterator[tuple[str, str]]:
    if not request.user.is_authenticated:
        yield ADDRESS, address_key(request)
        return
    yield USER, str(request.user.pk)
    if isinstance(request.auth, ApiToken):
        yield TOKEN, request.auth.digest[:32]


def _count(name: str, asker: str) -> float:
    """Seconds until the asker may ask again; 0.0 when it may now. While Redis is away, anybody may: a rate is
    no promise, but that Redis may be lost is one."""
    rate = settings.REQUEST_RATE_LIMITS.get(name)
    if rate is None:
        return 0.0
    most, seconds = rate
    return results.ask(lambda client: _take_turn(client, f"asked:{name}:{asker}", most, seconds)) or 0.0


def _take_turn(client: redis.Redis, key: str, most: int, seconds: float) -> float:
    # A span begins with its first request and ends by Redis's clock, which all processes share.
    with client.pipeline() as together:
        together.incr(key)
        together.pexpire(key, round(seconds * 1000), nx=True)
        together.pttl(key)
        asked, _, left_ms = together.execute()
    return 0.0 if asked <= most else max(1, left_ms) / 1000
