"""Event streams and slow readers notice what a server owes them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from tests.tools.chaos.scripted import Script, answer, problem, refuse_to_answer, serve, stream
from tools.chaos.chronicle import Chronicle
from tools.chaos.crowd import Crowd
from tools.chaos.judgement import judge_errors
from tools.chaos.ledger import Accepted, Ledger, Order
from tools.chaos.readers import Export, SlowReader
from tools.chaos.streams import Stream
from tools.chaos.visitors import Visitor

RUN = "11111111-2222-3333-4444-555555555555"
FILE = bytes(range(256)) * 200
HALF = len(FILE) // 2


def progress(identity: str) -> str:
    return f'id: {identity}\ndata: {{"state": "STARTED"}}'


def end(state: str) -> str:
    return f"event: end\nid: last\ndata: {json.dumps({'state': state})}"


class Followed:
    """A task that one visitor's stream has followed to its end."""

    def __init__(self, *scripts: Script) -> None:
        self.ledger = Ledger()
        self.task = self.ledger.accept(RUN, visitor=0, order=Order(kind="search", body={}, key=None))
        self.asked_from: list[str | None] = []
        with serve(*(self._watch(script) for script in scripts)) as url:
            visitor = Visitor(0, [url], seed=1, ledger=self.ledger)
            asyncio.run(Stream(visitor, random.Random(1)).follow(self.task))

    def _watch(self, script: Script) -> Script:
        def run(handler: BaseHTTPRequestHandler) -> None:
            self.asked_from.append(handler.headers["Last-Event-ID"])
            script(handler)

        return run


def test_stream_that_is_cut_off_is_resumed_from_its_last_event() -> None:
    followed = Followed(stream(progress("a"), progress("b")), refuse_to_answer, stream(end("SUCCESS")))
    assert followed.asked_from == [None, "b", "b"]
    assert followed.task.told == {"SUCCESS"}
    assert followed.ledger.counts["resumed streams"] == 1
    assert followed.ledger.contradictions == []


def test_event_that_is_repeated_after_a_resume_is_noticed() -> None:
    followed = Followed(stream(progress("a")), stream(progress("a"), progress("b"), end("SUCCESS")))
    assert len(followed.ledger.contradictions) == 1


@pytest.mark.parametrize("status", [204, 404])
def test_stream_that_says_that_there_is_no_more_before_the_end_is_noticed(status: int) -> None:
    followed = Followed(stream(progress("a")), answer(b"", status=status))
    assert len(followed.ledger.contradictions) == 1


def test_stream_that_is_refused_comes_back_and_the_refusal_is_counted() -> None:
    followed = Followed(problem(503, "too-many-streams"), stream(end("FAILURE")))
    (line,) = judge_errors(followed.ledger.calls, Chronicle()).counted
    assert "events/: 503 too-many-streams" in line
    assert followed.task.told == {"FAILURE"}


def test_stream_that_never_tells_the_end_is_noticed() -> None:
    ledger, silence = Ledger(), threading.Event()
    ledger.accept(RUN, visitor=0, order=Order(kind="search", body={}, key=None))

    def say_nothing_more(handler: BaseHTTPRequestHandler) -> None:
        stream(progress("a"))(handler)
        silence.wait(10)

    async def listen(url: str) -> list[str]:
        visitor = Visitor(0, [url], seed=1, ledger=ledger)
        crowd = Crowd([Stream(visitor, random.Random(1))], arrive_within_s=0)
        while not ledger.calls:
            await asyncio.sleep(0.02)
        crowd.stop.set()
        return await crowd.end(within_s=0.2)

    with serve(say_nothing_more) as url:
        (line,) = asyncio.run(listen(url))
        silence.set()
    assert f"the stream of {RUN} (search) never told its end" in line


def read_slowly(*scripts: Script) -> Ledger:
    """What is noted of a download that these scripts answer; it does not wait between pieces."""
    ledger = Ledger()
    task = Accepted(task_id=RUN, visitor=0, order=Order(kind="export", body={}, key=None))
    export = Export(task=task, size_bytes=len(FILE), sha256=hashlib.sha256(FILE).hexdigest())

    async def take(url: str) -> None:
        visitor, hurry = Visitor(0, [url], seed=1, ledger=ledger), asyncio.Event()
        hurry.set()
        await SlowReader(visitor, random.Random(1)).take(export, hurry)

    with serve(*scripts) as url:
        asyncio.run(take(url))
    return ledger


def rest_of_file(handler: BaseHTTPRequestHandler) -> None:
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    answer(FILE[start:], status=206)(handler)


def test_whole_file_is_counted() -> None:
    ledger = read_slowly(answer(FILE))
    assert ledger.tears == []
    assert ledger.counts["bytes"] == len(FILE)


def test_download_over_a_line_that_breaks_is_resumed() -> None:
    ledger = read_slowly(problem(503, "busy"), answer(FILE[:HALF], length=len(FILE)), rest_of_file)
    assert ledger.tears == []
    assert ledger.counts["resumed downloads"] == 1


def test_file_with_another_byte_is_torn() -> None:
    assert len(read_slowly(answer(FILE[:-1] + b"x")).tears) == 1


def test_download_that_is_not_resumed_where_it_broke_is_torn() -> None:
    broken = answer(FILE[:HALF], length=len(FILE))
    assert len(read_slowly(broken, answer(FILE)).tears) == 1
    assert len(read_slowly(broken, answer(FILE[HALF - 1 : -1], status=206)).tears) == 1


def test_download_that_is_refused_for_good_is_torn() -> None:
    assert len(read_slowly(answer(b"", status=410)).tears) == 1
