"""The private servers are real: they serve, keep data over restarts, freeze, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from kombu import Connection
from redis import Redis as RedisClient
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from tools.stack.errors import StartFailed
from tools.stack.ports import is_listening, pick_port
from tools.stack.servers import EmbeddedRedis, PostgreSQL, RabbitMQ, Redis, Server

REDIS_KINDS = [Redis, EmbeddedRedis]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition: Callable[[], bool], *, within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def publish(url: str, body: str) -> None:
    # Without the broker's confirm a crash right after may lose even a persistent message.
    confirmed = Connection(url, transport_options={"confirm_publish": True})
    with confirmed as connection, connection.SimpleQueue("kept", queue_opts={"durable": True}) as queue:
        queue.put(body, delivery_mode=2)


def receive(url: str) -> object:
    with Connection(url) as connection, connection.SimpleQueue("kept", queue_opts={"durable": True}) as queue:
        message = queue.get(timeout=10)
        message.ack()
        return message.payload


@pytest.fixture(scope="module")
def private_postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


@pytest.mark.parametrize("kind", REDIS_KINDS)
def test_redis_keeps_what_was_written_when_it_is_killed(kind: type[Redis]) -> None:
    with kind() as server:
        RedisClient.from_url(server.url).set("contract", "kept")
        server.kill()
        server.start()
        assert RedisClient.from_url(server.url).get("contract") == b"kept"


@pytest.mark.parametrize("kind", REDIS_KINDS)
def test_redis_keeps_its_data_for_the_next_run_in_a_folder_of_the_caller(
    kind: type[Redis], tmp_path: Path
) -> None:
    with kind(tmp_path) as server:
        RedisClient.from_url(server.database_url(1)).set("result", "kept")
    with kind(tmp_path) as server:
        assert RedisClient.from_url(server.database_url(1)).get("result") == b"kept"


def test_redis_refuses_clients_without_its_password() -> None:
    with EmbeddedRedis() as server, pytest.raises(AuthenticationError):
        RedisClient(port=server.port).ping()


def test_wiped_redis_starts_empty() -> None:
    with EmbeddedRedis() as server:
        RedisClient.from_url(server.url).set("contract", "gone")
        server.kill()
        server.wipe()
        server.start()
        assert RedisClient.from_url(server.url).dbsize() == 0


def test_wipe_refuses_a_running_server() -> None:
    with EmbeddedRedis() as server, pytest.raises(RuntimeError, match="still runs"):
        server.wipe()


def test_frozen_server_answers_nobody_until_it_is_thawed() -> None:
    with EmbeddedRedis() as server:
        client = RedisClient.from_url(server.url, socket_timeout=0.3, retry=Retry(NoBackoff(), 0))
        server.freeze()
        with pytest.raises(RedisTimeout):
            client.ping()
        server.thaw()
        assert RedisClient.from_url(server.url).ping()


def test_frozen_server_can_be_stopped() -> None:
    with EmbeddedRedis() as server:
        server.freeze()
        server.stop()
        assert not server.is_running


def test_start_of_a_running_server_changes_nothing() -> None:
    with EmbeddedRedis() as server:
        before = server.pid
        assert server.start().pid == before


def test_disposed_server_leaves_neither_process_nor_folder(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path / "given").start()
    server.dispose()
    assert not server.is_running
    assert not server.folder.exists()


def test_temporary_folder_goes_and_a_given_one_stays(tmp_path: Path) -> None:
    with EmbeddedRedis() as temporary, EmbeddedRedis(tmp_path) as given:
        pass
    assert not temporary.folder.exists()
    assert given.folder.exists()


def test_failed_start_shows_the_log_of_the_server(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path):
        pass
    manifest_or_file = next((tmp_path / "data").rglob("appendonly*"))
    target = manifest_or_file if manifest_or_file.is_file() else next(manifest_or_file.glob("*.incr.aof"))
    target.write_bytes(b"this is no append-only file\r\n" * 10)
    with pytest.raises(StartFailed, match="Bad file format"):
        EmbeddedRedis(tmp_path).start()


def test_rabbitmq_keeps_a_persistent_message_over_a_crash(rabbitmq: RabbitMQ) -> None:
    publish(rabbitmq.url, "award 1")
    rabbitmq.kill()
    rabbitmq.start()
    assert receive(rabbitmq.url) == "award 1"


def test_rabbitmq_tells_whether_it_is_in_alarm(rabbitmq: RabbitMQ) -> None:
    assert not rabbitmq.is_in_alarm()
    rabbitmq.run_ctl("set_disk_free_limit", "1000000GB")
    assert wait_for(rabbitmq.is_in_alarm)
    rabbitmq.run_ctl("set_disk_free_limit", "50MB")
    assert wait_for(lambda: not rabbitmq.is_in_alarm())


def test_rabbitmq_is_private(rabbitmq: RabbitMQ) -> None:
    sockets = psutil.Process(rabbitmq.pid).net_connections(kind="inet")
    addresses = {socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN}
    assert addresses == {"127.0.0.1"}


def test_rabbitmq_child_is_the_broker_itself(rabbitmq: RabbitMQ) -> None:
    assert "beam" in Path(f"/proc/{rabbitmq.pid}/comm").read_text()


def test_postgresql_keeps_committed_rows_when_it_is_killed(private_postgresql: PostgreSQL) -> None:
    with psycopg.connect(private_postgresql.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    private_postgresql.kill()
    private_postgresql.start()
    with psycopg.connect(private_postgresql.url) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_postgresql_makes_and_drops_databases(private_postgresql: PostgreSQL) -> None:
    url = private_postgresql.create_database("fresh")
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("fresh",)
    private_postgresql.drop_database("fresh")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_postgresql_refuses_a_wrong_password(private_postgresql: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(private_postgresql.url, password="guessed")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a server as another user")
@pytest.mark.parametrize("kind", [Redis, RabbitMQ, PostgreSQL])
def test_server_runs_for_a_user_without_rights(kind: type[Server]) -> None:
    # The interpreter may live where that user cannot read, so everything is imported before.
    program = (
        "import encodings.idna, os\n"
        f"from tools.stack.servers import {kind.__name__}\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"with {kind.__name__}() as server:\n"
        "    print(os.stat(f'/proc/{server.pid}').st_uid, server.is_running)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert run.stdout.split() == ["65534", "True"], run.stderr


@pytest.mark.parametrize("kind", [EmbeddedRedis, PostgreSQL])
def test_no_server_outlives_a_killed_parent(kind: type[Server], tmp_path: Path) -> None:
    program = (
        "import time, threading\n"
        "from pathlib import Path\n"
        f"from tools.stack.servers import {kind.__name__}\n"
        f"server = {kind.__name__}()\n"
        # A thread that ends must not take the server with it.
        "starter = threading.Thread(target=server.start); starter.start(); starter.join()\n"
        "print(server.pid, server.is_running, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as parent:
        assert parent.stdout is not None
        pid, running = parent.stdout.readline().split()
        assert (running, is_alive(int(pid))) == ("True", True)
        parent.kill()
    assert wait_for(lambda: not is_alive(int(pid)))


def test_picked_ports_are_free_and_never_repeated() -> None:
    ports = [pick_port() for _ in range(200)]
    assert len(set(ports)) == len(ports)
    assert not is_listening(ports[0])
