"""Answers are compressed for who can read them so, and stay what they are: ETags, HEAD, Range, streams."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from backend.serving.compression import pack
from tests.api.exchange import Exchange

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "/static/web/dom.js"


def fetch(path: str, *, method: str = "GET", **headers: str) -> tuple[Exchange, bytes]:
    """The answer's head and its body as it travelled."""

    async def scene() -> tuple[Exchange, bytes]:
        exchange = Exchange(path, body=None, **headers)
        exchange._communicator.scope["method"] = method
        await exchange.start()
        body = await exchange.receive()
        await exchange.end()
        return exchange, body

    return asyncio.run(scene())


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("path", ["/", SCRIPT, "/static/web/base.css", "/api/v1/contracts/columns/"])
def test_the_same_text_comes_compressed_to_who_accepts_it(path: str) -> None:
    plain, text = fetch(path)
    compressed, packed = fetch(path, accept_encoding="br;q=1.0, gzip;q=0.8, *;q=0.1")
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed)[:200] == text[:200]
    assert len(packed) < len(text) / 1.8
    assert int(compressed.headers["content-length"]) == len(packed)
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in compressed.headers["vary"]


@pytest.mark.parametrize("refusal", ["identity", "gzip;q=0", "gzip; q=0.000, br", "*;q=0", ""])
def test_who_refuses_it_gets_plain_text(refusal: str) -> None:
    exchange, text = fetch(SCRIPT, accept_encoding=refusal)
    assert "content-encoding" not in exchange.headers
    assert text.startswith(b"//")


@pytest.mark.usefixtures("dataset")
@pytest.mark.parametrize("path", [SCRIPT, "/contractors/", "/api/v1/entities/contractors/"])
def test_an_unchanged_answer_is_not_sent_again_with_the_etag_of_the_compressed_one(path: str) -> None:
    first, _ = fetch(path, accept_encoding="gzip")
    assert first.headers["etag"].startswith('W/"')
    again, body = fetch(path, accept_encoding="gzip", if_none_match=first.headers["etag"])
    assert (again.status, body) == (304, b"")


def test_head_says_what_get_would_and_a_part_is_cut_from_the_plain_file() -> None:
    whole, text = fetch(SCRIPT)
    head, nothing = fetch(SCRIPT, method="HEAD", accept_encoding="gzip")
    assert (nothing, head.headers["content-encoding"]) == (b"", "gzip")
    assert head.headers["etag"] == f"W/{whole.headers['etag']}"
    part, cut = fetch(SCRIPT, accept_encoding="gzip", range="bytes=2-5")
    assert (part.status, cut) == (206, text[2:6])
    assert "content-encoding" not in part.headers


@pytest.mark.usefixtures("dataset", "redis_up")
def test_an_answer_that_was_waited_for_is_compressed_too() -> None:
    async def scene() -> None:
        body = {"filters": {"keywords": ["a word that nobody wrote " * 8]}}
        exchange = Exchange(
            "/api/v1/data-processing/tasks/export/", body=body, prefer="wait=0", accept_encoding="gzip"
        )
        await exchange.start()
        packed = await exchange.receive()
        await exchange.end()
        assert exchange.headers["content-encoding"] == "gzip"
        assert "task_id" in json.loads(gzip.decompress(packed))

    asyncio.run(scene())


def test_the_length_of_a_private_answer_says_nothing_of_a_single_byte() -> None:
    text = b"the same every time " * 100
    lengths = {len(pack(text, padded=True)) for _ in range(50)}
    assert len(lengths) > 10
    assert max(lengths) - len(pack(text, padded=False)) <= 100
    assert all(gzip.decompress(pack(text, padded=True)) == text for _ in range(5))
