"""What an assistant that waits holds, and what is left of one that has gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from api.waiting.waits import WAITERS
from assistants.budget import TooManyCalls, take_call
from backend.asgi import REQUEST_THREADS, application
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle import runner
from data_processing.lifecycle.publisher import publisher
from data_processing.models import TaskRun
from data_processing.outputs import results
from tests.api.exchange import Exchange, apart, hub_is_gone, run_alone, wait_for

ACCEPT = "application/json, text/event-stream"


@pytest.fixture
def accepting(dataset: Snapshot, redis_up: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are accepted. No broker runs, which they do not wait to find out each time."""
    monkeypatch.setattr(publisher, "_rests_until", float("inf"))


def call(tool: str, **arguments: object) -> Exchange:
    params = {"name": tool, "arguments": arguments}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return Exchange("/mcp", body=body, Accept=ACCEPT)


async def read(exchange: Exchange) -> Any:
    await exchange.receive_head()
    assert exchange.status == 200
    return json.loads(await exchange.receive())["result"]


def work_off() -> None:
    for run in TaskRun.objects.filter(state="PENDING"):
        runner.run_attempt(run.id, worker="test")


@pytest.mark.django_db(transaction=True)
def test_more_assistants_may_wait_than_there_are_threads(accepting: None, settings: Settings) -> None:
    async def scene() -> None:
        assert application.assistants is not None
        async with application.assistants.living():
            waiting = [call("search_contracts", page=page) for page in range(1, REQUEST_THREADS + 2)]
            for exchange in waiting:
                await exchange.send()
            await wait_for(lambda: WAITERS.taken == len(waiting))
            # Each of them may have held a thread: this one finds its own.
            columns = Exchange("/api/v1/contracts/columns/")
            await columns.start()
            assert columns.status == 200
            await columns.receive()
            await columns.end()
            gone, *others = waiting
            await gone.disconnect()
            await wait_for(lambda: WAITERS.taken == len(others))
            await apart(work_off)
            for exchange in others:
                answer = await read(exchange)
                assert answer["structuredContent"]["total_rows"] == 32
                await exchange.end()
            await hub_is_gone()

    run_alone(scene())


def test_free_calls_are_counted_by_address_over_all_processes(redis_up: None, settings: Settings) -> None:
    settings.MCP_CALLS_PER_HOUR = 2
    here, there = (RequestFactory().post("/mcp", REMOTE_ADDR=f"198.51.100.{n}") for n in (7, 8))
    for _ in range(2):
        take_call(here)
    with pytest.raises(TooManyCalls, match="2 calls an hour are free"):
        take_call(here)
    take_call(there)


def test_a_redis_that_is_away_refuses_nobody(
    settings: Settings, redis_up: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MCP_CALLS_PER_HOUR = 0
    request = RequestFactory().post("/mcp", REMOTE_ADDR="198.51.100.9")
    with pytest.raises(TooManyCalls):
        take_call(request)
    monkeypatch.setattr(results._Outage, "until", float("inf"))
    take_call(request)


def test_a_site_without_assistants_does_not_load_their_packages() -> None:
    ask = "import sys, backend.asgi; print(sorted({'mcp', 'starlette'} & set(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "MCP": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "[]"
