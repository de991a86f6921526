"""Three RabbitMQ nodes, one of which dies, freezes or falls silent: tasks go on, as a visitor sees it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from data_processing.models import TaskRun
from tests.integration.conftest import environment_of_workers, wait_for
from tests.integration.website import TASKS, StartWeb, Web
from tests.integration.workers import Crew, Worker
from tools.stack.relay import Relay
from tools.stack.servers import RabbitMQ, RabbitMQCluster, Servers
from tools.stack.servers.trio import read_config

pytestmark = pytest.mark.django_db(transaction=True)

EVERY_S = 0.3
ENOUGH = 6
"""Tasks that have to end while the fault is on."""

WITHIN_S = 25.0
"""Of a task that meets the fault; by Celery's own ways it takes longer, or until the fault is over."""

OWNER = "a"
MANY = {"OWNER_MAX_UNFINISHED": "1000", "OWNER_WINDOW": "1000"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[RabbitMQCluster]:
    with RabbitMQCluster(extra_config=read_config("cluster")).running() as cluster:
        yield cluster


@dataclass
class Visitor:
    """Starts a task every now and then, and asks for each until it has ended."""

    web: Web
    posted: list[str] = field(default_factory=list)
    ended: dict[str, str] = field(default_factory=dict)
    slowest_post_s: float = 0.0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A context in which it starts tasks; at its end all have ended."""
        numbers, stop = itertools.count(time.time_ns() // 10**8), threading.Event()

        def live() -> None:
            while not stop.wait(EVERY_S):
                self.post(next(numbers))

        life = threading.Thread(target=live)
        life.start()
        try:
            yield
        finally:
            stop.set()
            life.join()
        self.wait_until_ended(self.posted)

    def post(self, number: int) -> None:
        began = time.monotonic()
        with self.web.post(f"{TASKS}rehearsal/", {"number": number}, owner=OWNER) as answer:
            assert answer.response.status == 202
            self.posted.append(answer.read_body()["task_id"])
        self.slowest_post_s = max(self.slowest_post_s, time.monotonic() - began)

    def wait_until_ended(self, tasks: list[str]) -> None:
        """Ask for these until each has ended."""
        wait_for(lambda: all(map(self.has_ended, tasks)), within_s=WITHIN_S)

    def wait_for_more(self) -> None:
        """Let some more be posted, and wait until they have ended."""
        before = len(self.posted)
        wait_for(lambda: len(self.posted) >= before + ENOUGH)
        self.wait_until_ended(self.posted[before : before + ENOUGH])

    def has_ended(self, task_id: str) -> bool:
        if task_id not in self.ended:
            with self.web.get(f"{TASKS}status/?task_id={task_id}") as answer:
                told = answer.read_body()
            if told["ready"]:
                self.ended[task_id] = told["state"]
        return task_id in self.ended


@dataclass(frozen=True, kw_only=True)
class Product:
    """A web server and workers that reach each node by a relay."""

    web: Web
    workers: list[Worker]
    relays: dict[int, Relay]
    nodes: dict[int, RabbitMQ]

    def find_number(self) -> int:
        """Of the node from which the worker that does the tasks takes them."""
        connections = psutil.Process(self.workers[0].process.pid).net_connections()
        ports = {connection.raddr.port for connection in connections if connection.raddr}
        (number,) = [number for number, relay in self.relays.items() if relay.port in ports]
        return number


@pytest.fixture(scope="module")
def product(
    cluster: RabbitMQCluster,
    postgres: object,
    redis_server: object,
    chosen_servers: Servers,
    django_db_setup: None,
    data_dir: Path,
    start_web: StartWeb,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Product]:
    with ExitStack() as running:
        relays = [running.enter_context(Relay(node.port)) for node in cluster.nodes]
        broker = ";".join(node.url_at(relay.port) for node, relay in zip(cluster.nodes, relays, strict=True))
        settings = {"CELERY_BROKER_URL": broker, "REHEARSALS": "1", **MANY}
        environment = environment_of_workers(chosen_servers, data_dir) | settings
        crew = Crew(environment, tmp_path_factory.mktemp("workers"))
        running.callback(crew.dismiss)
        workers = [
            crew.start(queues="high,normal,low"),
            # It sweeps.
            crew.start(queues="critical", pool="threads"),
        ]
        cluster.spread_queues()
        yield Product(
            web=start_web(**settings),
            workers=workers,
            relays=dict(enumerate(relays)),
            nodes=dict(enumerate(cluster.nodes)),
        )


@pytest.fixture
def visitor(product: Product, cluster: RabbitMQCluster) -> Iterator[Visitor]:
    """One whose tasks all succeed in the end, each at its first attempt. All nodes run when it begins."""
    cluster.start()
    visitor = Visitor(product.web)
    with visitor.at_work():
        visitor.wait_for_more()
        yield visitor
    assert set(visitor.ended.values()) == {"SUCCESS"}
    assert TaskRun.objects.filter(attempt=1).count() == len(visitor.posted)


def test_tasks_go_on_while_an_address_takes_connections_and_is_silent(
    visitor: Visitor, product: Product
) -> None:
    relay = product.relays[product.find_number()]
    with relay.silent():
        relay.cut()
        visitor.wait_for_more()


def test_tasks_go_on_while_the_node_that_leads_the_queues_is_dead(
    visitor: Visitor, cluster: RabbitMQCluster
) -> None:
    cluster.find_leading().kill()
    visitor.wait_for_more()


def test_tasks_go_on_while_the_node_that_all_are_connected_to_is_frozen(
    visitor: Visitor, product: Product
) -> None:
    node = product.nodes[product.find_number()]
    node.freeze()
    try:
        visitor.wait_for_more()
    finally:
        # Awake, it would take a minute to find back into the cluster.
        node.kill()
