"""The room as a whole: off unless asked for, not needed, and holding nothing while its clients wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django import Settings

from api.waiting.waits import WAITERS
from contracts.snapshot.versions import Snapshot
from data_processing.lifecycle.publisher import publisher
from data_processing.models import TaskRun
from tests.api.conftest import TASKS, work_off
from tests.api.exchange import Exchange, apart, hub_is_gone, run_alone, wait_for
from tests.compat.conftest import CONTRACTS, DATA, post
from tests.copies import PRODUCT, copy_rooms, run_in

CALLS = (
    *(
        f"{CONTRACTS}{name}/"
        for name in ("chip-search", "chip-aggregates", "value-distribution", "chip-export")
    ),
    f"{DATA}benfords-law/",
    f"{TASKS}analytics/",
)


@pytest.mark.django_db
def test_the_room_is_off_unless_it_is_switched_on(visitor: Client) -> None:
    for path in CALLS:
        assert post(visitor, path, {}).status_code == 404, path
    assert visitor.get("/api/v1/contractors/").status_code == 404
    assert visitor.get(f"{CONTRACTS}filter-options/").status_code == 404
    refusal = post(visitor, f"{TASKS}export/", {"contractors": ["Test Corporation"]})
    assert refusal.status_code == 400
    assert (
        "progress" not in visitor.get(f"{TASKS}status/?task_id=00000000-0000-0000-0000-000000000000").json()
    )


STARTS = """
import json
import sys
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check", stdout=sys.stderr)
paths = ("/health/live", "/api/schema/", "/api/v1/contracts/columns/")
client = Client(SERVER_NAME="localhost")
answers = [client.get(path).status_code for path in paths]
print(json.dumps(answers))
"""


def test_the_product_starts_without_the_room(tmp_path: Path) -> None:
    assert "compat" not in PRODUCT
    copy = copy_rooms(tmp_path / "copy")
    assert not (copy / "compat").exists()
    variables = {"ENV_FILE": "/dev/null", "DATA_DIR": str(tmp_path / "data")}
    assert run_in(copy, STARTS, **variables) == [200, 200, 200]


@pytest.mark.django_db
def test_the_document_does_not_change_with_the_room(switched_on: None, visitor: Client) -> None:
    document = visitor.get("/api/schema/", headers={"accept": "application/json"})
    assert document.status_code == 200
    assert b"chip-search" not in document.content
    assert f"{TASKS}export/".encode() in document.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("switched_on", "dataset")
class TestWaiting:
    @pytest.fixture(autouse=True)
    def accepting(self, live: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(publisher, "_rests_until", float("inf"))

    async def begin(self, name: str, body: dict[str, Any]) -> Exchange:
        """Send the call and return when its client waits."""
        exchange, before = Exchange(f"{CONTRACTS}{name}/", body=body), WAITERS.taken
        await exchange.send()
        await wait_for(lambda: WAITERS.taken > before)
        return exchange

    def test_a_client_is_answered_when_a_worker_has_the_answer(self) -> None:
        async def scene() -> None:
            exchange = await self.begin("chip-search", {"keywords": ["chairs"]})
            await apart(work_off)
            await exchange.receive_head()
            assert exchange.status == 200
            assert (await exchange.receive_json())["data"][0]["award_title"] == "Office chairs"
            await exchange.end()
            await hub_is_gone()

        run_alone(scene())

    def test_a_file_comes_when_a_worker_has_written_it(self) -> None:
        async def scene() -> None:
            exchange = await self.begin("chip-export", {"keywords": ["chairs"]})
            await apart(work_off)
            await exchange.receive_head()
            assert (exchange.status, exchange.headers["content-type"]) == (200, "text/csv; charset=utf-8")
            content = b""
            while len(content) < int(exchange.headers["content-length"]):
                content += await exchange.receive()
            assert content.decode("utf-8-sig").startswith("reference_id,contract_no,award_title,")
            assert b"Office chairs" in content
            await exchange.end()
            await hub_is_gone()

        run_alone(scene())

    @pytest.mark.parametrize("name", ["chip-search", "chip-export"])
    def test_what_fails_is_a_problem(self, name: str, settings: Settings) -> None:
        settings.RETRY_DELAYS_S = ()

        async def scene() -> None:
            exchange = await self.begin(name, {"keywords": ["chairs"]})
            await apart(TaskRun.objects.update, request={"filters": "none"})
            await apart(work_off)
            await exchange.receive_head()
            assert (exchange.status, exchange.headers["content-type"]) == (422, "application/problem+json")
            assert json.loads(await exchange.receive())["code"] == "task-failed"
            await exchange.end()
            await hub_is_gone()

        run_alone(scene())

    @pytest.mark.parametrize("name", ["chip-search", "chip-export"])
    def test_what_takes_too_long_is_said_to_be_under_way(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("compat.asking.WAIT_S", 0.05)

        async def scene() -> None:
            exchange = Exchange(f"{CONTRACTS}{name}/", body={})
            await exchange.start()
            assert (exchange.status, exchange.headers["retry-after"]) == (503, "2")
            assert json.loads(await exchange.receive())["code"] == "still-working"
            await exchange.end()
            await hub_is_gone()

        run_alone(scene())


def test_the_dataset_of_these_tests_is_the_standard_one(dataset: Snapshot) -> None:
    assert dataset.manifest().rows == 33
