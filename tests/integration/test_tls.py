"""PostgreSQL, RabbitMQ and Redis by TLS: each has to prove its name by the authority of the settings."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import connection
from kombu import Connection
from pytest_django import Settings

from backend import tls, topology
from data_processing.outputs import results
from tests.authorities import TlsServers, want_tls
from tests.integration.conftest import Submit, wait_until_ended
from tests.integration.workers import CHECKOUT, StartWorker
from tools.stack.ports import LOOPBACK
from tools.stack.servers import Servers


@pytest.fixture(scope="module")
def secured(
    servers: Servers, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TlsServers]:
    folder = tmp_path_factory.mktemp("authorities")
    # PostgreSQL's own user reads them.
    folder.chmod(0o755)
    database = str(connection.settings_dict["NAME"])
    with want_tls(servers, folder, database=database) as secured:
        yield secured


def list_refused(environment: dict[str, str]) -> set[str]:
    """The servers that a process with these variables does not reach, as the doctor says."""
    run = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        env={**os.environ, **environment, "DATABASE_POOL_SIZE": "0"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(run.stdout)
    return {one["about"] for one in found if "does not answer" in one["text"]}


SERVERS = {"database", "broker", "redis"}


def test_servers_are_reached_by_their_name_and_authority(secured: TlsServers) -> None:
    assert list_refused(secured.environment()) & SERVERS == set()


def test_another_authority_is_refused(secured: TlsServers) -> None:
    assert list_refused(secured.environment(authority=secured.stranger)) >= SERVERS


def test_another_name_is_refused(secured: TlsServers) -> None:
    assert list_refused(secured.environment(host=LOOPBACK)) >= SERVERS


def test_task_ends_where_all_goes_by_tls(
    secured: TlsServers, worker: StartWorker, submit: Submit, servers: Servers
) -> None:
    started = worker(**secured.environment(), DATABASE_POOL_SIZE="0")
    run = submit()
    wait_until_ended(run, worker=started)
    with psycopg.connect(servers.postgres.url) as watcher:
        query = (
            "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = %s"
        )
        row = watcher.execute(query, [connection.settings_dict["NAME"]]).fetchone()
    assert row is not None
    assert row[0] > 0, "the worker's"


def test_news_of_ends_come_by_tls(secured: TlsServers, settings: Settings) -> None:
    results.ping()  # who says the news keeps its connection, which is made of the settings before these
    settings.CELERY_RESULT_BACKEND = secured.environment()["CELERY_RESULT_BACKEND"]
    settings.CELERY_REDIS_BACKEND_USE_SSL = tls.redis_options(
        settings.CELERY_RESULT_BACKEND, ca_file=str(secured.authority)
    )
    heard: list[uuid.UUID] = []
    run_id = uuid.uuid4()

    async def listen() -> None:
        listening, ended = asyncio.Event(), asyncio.Event()

        def hear(ended_id: uuid.UUID) -> None:
            heard.append(ended_id)
            ended.set()

        hearing = asyncio.create_task(results.hear_ends(listening=listening.set, ended=hear))
        await asyncio.wait_for(listening.wait(), 30)
        # A busy machine may take Redis for away for a moment, and say nothing.
        while not ended.is_set():
            await asyncio.to_thread(results.announce_end, run_id)
            await asyncio.sleep(0.2)
        hearing.cancel()

    asyncio.run(asyncio.wait_for(listen(), 60))
    assert set(heard) == {run_id}


def test_each_address_of_a_cluster_proves_its_own_name(secured: TlsServers) -> None:
    """The first is known under another name; the second is asked for its own, not for that of the first."""
    wrong, right = (secured.environment(host=host)["CELERY_BROKER_URL"] for host in (LOOPBACK, "localhost"))
    urls = f"{wrong};{right}"
    options = tls.broker_options(urls, ca_file=str(secured.authority)) or False
    with Connection(urls, ssl=options, transport_options=topology.transport_options(urls)) as cluster:
        cluster.ensure_connection(max_retries=2)
        assert cluster.connected
        told: Any = cluster.ssl
        assert told["server_hostname"] == "localhost"


def test_authority_for_an_address_without_tls_is_a_mistake(settings: Settings, secured: TlsServers) -> None:
    settings.REDIS_CA_FILE = str(secured.authority)
    settings.CELERY_BROKER_URL, settings.CELERY_BROKER_CA_FILE = "amqps://one//;amqp://two//", "/nowhere.pem"
    told = {message.id: message.msg for message in run_checks() if str(message.id).startswith("backend")}
    assert "CELERY_BROKER_CA_FILE: there is no file /nowhere.pem" in told.values()
    found = [message.msg for message in run_checks() if message.id == "backend.E008"]
    assert [text.split(":")[0] for text in found] == [
        "CELERY_BROKER_CA_FILE is set",
        "REDIS_CA_FILE is set",
    ]
