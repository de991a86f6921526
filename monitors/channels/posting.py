"""One POST to an address that a user gave: to the very host that was checked, within a time, to its end."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx2

from data_processing.database.release import release_connections
from monitors.channels import addresses
from monitors.channels.addresses import Address
from monitors.channels.channel import NotDelivered, ReceiverGone

WITHIN_S = 15.0
"""For all of it, from the look-up of the name to the answer. Standard Webhooks says 15 to 30."""
MOST_ANSWER_BYTES = 4096
SHOWN_ANSWER = 200
AGENT = "PhilGEPS-Data-Explorer (alerts)"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the other side answered. ``words``: the begin of its body, for people."""

    status: int
    words: str
    retry_after_s: float


def post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """POST JSON; what was answered, in words. Raises NotDelivered for all but a 2xx, ReceiverGone for a 410.
    Redirects are followed nowhere: they could lead where nothing may be posted to."""
    release_connections()
    answer = asyncio.run(_post_in_time(url, body, headers))
    said = f"{answer.status} {answer.words}".strip()
    if answer.status == 410:
        raise ReceiverGone(f"it wants nothing any more: {said}")
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"it answered {said}", retry_after_s=answer.retry_after_s)
    return said


async def _post_in_time(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    # Around all, as a timeout of the client's begins anew with each byte.
    try:
        async with asyncio.timeout(WITHIN_S):
            target = httpx2.URL(url)
            port = target.port or {"http": 80, "https": 443}[target.scheme]
            found = await addresses.resolve(target.raw_host.decode("ascii"), port)
            return await _post_to_first(target, found, body, headers)
    except TimeoutError:
        raise NotDelivered(f"it has not answered within {WITHIN_S:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise NotDelivered(f"it cannot be reached: {error or type(error).__name__}") from None


async def _post_to_first(
    target: httpx2.URL, found: Sequence[Address], body: bytes, headers: Mapping[str, str]
) -> Answer:
    """To the first of the addresses that takes a connection."""
    for address in found[:-1]:
        # Nothing has been sent where no connection came about.
        with suppress(httpx2.ConnectError):
            return await _post_to(target, address, body, headers)
    return await _post_to(target, found[-1], body, headers)


async def _post_to(target: httpx2.URL, address: Address, body: bytes, headers: Mapping[str, str]) -> Answer:
    # By number: were the name resolved again, it might lead elsewhere than to what was checked. The name
    # still goes into Host, and into the certificate that is expected.
    pinned = target.copy_with(host=str(address))
    named = {
        "Host": target.netloc.decode("ascii"),
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        # A packed answer may grow beyond any bound.
        "Accept-Encoding": "identity",
        **headers,
    }
    # Neither proxies nor passwords of this machine's environment; but the authorities that it trusts, which
    # SSL_CERT_FILE may name.
    trusted = ssl.create_default_context()
    async with (
        httpx2.AsyncClient(verify=trusted, trust_env=False, timeout=WITHIN_S) as client,
        client.stream(
            "POST",
            pinned,
            content=body,
            headers=named,
            extensions={"sni_hostname": target.raw_host.decode("ascii")},
        ) as response,
    ):
        return Answer(
            status=response.status_code,
            words=await _read_words(response),
            retry_after_s=_read_wait(response.headers.get("Retry-After", "")),
        )


async def _read_words(response: httpx2.Response) -> str:
    """The begin of the body. What it is counts for nothing, so neither does how it ends."""
    read = b""
    with suppress(httpx2.HTTPError, TimeoutError):
        async with asyncio.timeout(1.0):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= MOST_ANSWER_BYTES:
                    break
    text = read[:MOST_ANSWER_BYTES].decode("utf-8", "replace")
    # A database takes no NUL, and people no control characters.
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:SHOWN_ANSWER]


def _read_wait(text: str) -> float:
    # Its other form, a date, is by a clock of which one knows nothing.
    return float(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0.0
