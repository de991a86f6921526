"""POSTs to addresses that users gave: to the very hosts that were checked, within a time, and all at once."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import httpx2

from data_processing.database.release import release_connections
from monitors.channels import addresses
from monitors.channels.addresses import Address
from monitors.channels.channel import NotDelivered, Post, ReceiverGone

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


def post_all(posts: Sequence[Post]) -> Sequence[str | Exception]:
    """POST each as JSON; what was answered, in words. A NotDelivered stands for all but a 2xx, a ReceiverGone
    for a 410, any other exception for an error of ours: one spoils nothing of the others. It takes no longer
    than the slowest of them. Redirects are followed nowhere: they could lead where nothing may be posted
    to."""
    if not posts:
        return []
    release_connections()
    answers = asyncio.run(_post_all(posts))
    return [_raise_no_exits(answer) for answer in answers]


def _raise_no_exits(answer: str | BaseException) -> str | Exception:
    if isinstance(answer, (str, Exception)):
        return answer
    raise answer


async def _post_all(posts: Sequence[Post]) -> Sequence[str | BaseException]:
    # Names are looked up in threads. With the few that are usual, slow ones would use up the others' time.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=len(posts)))
    # The authorities that this machine trusts, which SSL_CERT_FILE may name; reading them takes longest.
    trusted = ssl.create_default_context()
    return await asyncio.gather(*(_post_in_time(post, trusted) for post in posts), return_exceptions=True)


async def _post_in_time(post: Post, trusted: ssl.SSLContext) -> str:
    # Around all, as a timeout of the client's begins anew with each byte.
    try:
        async with asyncio.timeout(WITHIN_S):
            answer = await _post(post, trusted)
    except TimeoutError:
        raise NotDelivered(f"it has not answered within {WITHIN_S:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise NotDelivered(f"it cannot be reached: {error or type(error).__name__}") from None
    said = f"{answer.status} {answer.words}".strip()
    if answer.status == 410:
        raise ReceiverGone(f"it wants nothing any more: {said}")
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"it answered {said}", retry_after_s=answer.retry_after_s)
    return said


async def _post(post: Post, trusted: ssl.SSLContext) -> Answer:
    """To the first of the addresses that takes a connection."""
    url = httpx2.URL(post.url)
    port = url.port or {"http": 80, "https": 443}[url.scheme]
    found = await addresses.resolve(url.raw_host.decode("ascii"), port)
    for address in found[:-1]:
        # Nothing has been sent where no connection came about.
        with suppress(httpx2.ConnectError):
            return await _post_to(address, post, trusted)
    return await _post_to(found[-1], post, trusted)


async def _post_to(address: Address, post: Post, trusted: ssl.SSLContext) -> Answer:
    # By number: were the name resolved again, it might lead elsewhere than to what was checked. The name
    # still goes into Host, and into the certificate that is expected.
    url = httpx2.URL(post.url)
    named = {
        "Host": url.netloc.decode("ascii"),
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        # A packed answer may grow beyond any bound.
        "Accept-Encoding": "identity",
        **post.headers,
    }
    # A client for each: what one keeps open to a number was proved to belong to one name, not to another one
    # with the same number. Neither proxies nor passwords of this machine's environment.
    async with (
        httpx2.AsyncClient(verify=trusted, trust_env=False, timeout=WITHIN_S) as client,
        client.stream(
            "POST",
            url.copy_with(host=str(address)),
            content=post.body,
            headers=named,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
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
