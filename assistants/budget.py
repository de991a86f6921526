"""How many tools may be called without a token, by address: counted in Redis, for all web processes."""

from __future__ import annotations

import time

import redis
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from api.access.addresses import address_key
from data_processing.errors import TryLater
from data_processing.outputs import results

HOUR_S = 3600


class TooManyCalls(TryLater):
    """An address has used up the calls that are free."""

    code = "too-many-calls"


def has_credentials(request: HttpRequest) -> bool:
    """Whether the request names a user, in a way that the API believes or refuses but never passes over."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
    return scheme == "bearer" or (scheme == "basic" and settings.BASIC_AUTH)


def take_call(request: HttpRequest) -> None:
    """Count a call. Raises TooManyCalls; while Redis is away, any may."""
    limit = settings.MCP_CALLS_PER_HOUR
    if has_credentials(request):
        return
    hour, passed_s = divmod(int(time.time()), HOUR_S)
    key = f"assistants:{hour}:{address_key(request)}"
    count = results.ask(lambda client: _count(client, key))
    if count is not None and count > limit:
        left_s = HOUR_S - passed_s
        raise TooManyCalls(
            f"{limit} calls an hour are free from one address; more are in {-(-left_s // 60)} minutes, or at "
            "once with a token, as `Authorization: Bearer`: sign in and make one at "
            f"{request.build_absolute_uri(reverse('tokens'))}",
            retry_after_s=left_s,
        )


def _count(client: redis.Redis, key: str) -> int:
    pipeline = client.pipeline(transaction=False)
    pipeline.incr(key)
    pipeline.expire(key, HOUR_S)
    count, _ = pipeline.execute()
    return int(count)
