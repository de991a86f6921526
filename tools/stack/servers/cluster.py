"""RabbitMQ nodes on this machine that are one cluster; told apart by names and ports."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tools.stack.errors import StackError
from tools.stack.polling import poll
from tools.stack.servers.rabbitmq import MANAGEMENT, Circle, RabbitMQ

NODES = 3
WHOLE_WITHIN_S = 180.0
"""After a partition RabbitMQ takes five seconds or a minute, without a visible reason."""


class RabbitMQCluster:
    """`size` nodes, of which one may be all. What can be done to a node can be done to all of them here, at
    once. Quorum queues that are there when it has started have a member on each node; new ones get one."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        size: int = NODES,
        extra_config: str = "",
        plugins: str = MANAGEMENT,
    ) -> None:
        self._is_temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="rabbitmq-cluster-"))
        self._circle = Circle()
        self.nodes = [
            RabbitMQ(
                self.folder / f"node-{number}",
                extra_config=extra_config,
                plugins=plugins,
                circle=self._circle,
            )
            for number in range(1, size + 1)
        ]

    @property
    def url(self) -> str:
        """All addresses, separated as CELERY_BROKER_URL has them."""
        return ";".join(node.url for node in self.nodes)

    def find_leading(self) -> RabbitMQ:
        """The node with most leaders of quorum queues. All nodes must run and answer."""
        leaders = [queue["leader"] for queue in self._list_queues()]
        return max(self.nodes, key=lambda node: leaders.count(node.node))

    def start(self) -> Self:
        """Start the nodes that do not run; returns when all are members and all queues are on all of them."""
        # The first one alone where there are no data yet: three that begin at once may each begin a cluster.
        if not any((node.folder / "mnesia").exists() for node in self.nodes):
            self.nodes[0].start()
        self._each(RabbitMQ.start, [node for node in self.nodes if not node.is_running])
        if len(self.nodes) > 1:
            self.wait_until_whole()
            self.spread_queues()
        return self

    def wait_until_whole(self, *, within_s: float = WHOLE_WITHIN_S) -> None:
        """Return when all nodes answer, each as a member that runs. StackError when they do not in time."""
        if not poll(lambda: all(map(self._sees_all, self.nodes)), within_s=within_s, every_s=0.5):
            raise StackError(f"the RabbitMQ cluster in {self.folder} is not whole after {within_s:g} s")

    def spread_queues(self) -> None:
        """Give each quorum queue a member on each node. One that was declared while a node was away has none
        there, and RabbitMQ leaves it at that."""
        queues = self._list_queues()
        for node in self.nodes:
            if any(node.node not in queue["members"] for queue in queues):
                self.nodes[0].grow_queues(node.node)

    def stop(self) -> None:
        """End all nodes in order."""
        self._each(RabbitMQ.stop, self.nodes)

    def kill(self) -> None:
        """SIGKILL to all, as when their power fails."""
        self._each(RabbitMQ.kill, self.nodes)

    def restart(self) -> None:
        self.stop()
        self.start()

    def wipe(self) -> None:
        """Delete the data of all nodes, which must not run."""
        self._each(RabbitMQ.wipe, self.nodes)

    def freeze(self) -> None:
        """SIGSTOP to all."""
        self._each(RabbitMQ.freeze, self.nodes)

    def thaw(self) -> None:
        self._each(RabbitMQ.thaw, self.nodes)

    def run_ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against the first node, and return what it printed."""
        return self.nodes[0].run_ctl(*arguments)

    def is_in_alarm(self) -> bool:
        """Whether the first node is in alarm, by which none takes messages. Raises OSError."""
        return self.nodes[0].is_in_alarm()

    @contextmanager
    def running(self) -> Iterator[Self]:
        """All nodes run, and end by SIGKILL. The data go too, unless the folder was given."""
        try:
            yield self.start()
        finally:
            self.kill()
            self._circle.mapper.stop()
            if self._is_temporary:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _sees_all(self, node: RabbitMQ) -> bool:
        with contextlib.suppress(OSError, ValueError):
            running = [member["name"] for member in node.ask_management("nodes") if member["running"]]
            return len(running) == len(self.nodes)
        return False

    def _list_queues(self) -> list[dict[str, Any]]:
        """The quorum queues, with leader and members."""
        wanted = ("name", "leader", "members")
        queues = json.loads(self.run_ctl("list_queues", "--quiet", "--formatter", "json", *wanted))
        return [queue for queue in queues if queue["members"]]

    @staticmethod
    def _each(act: Callable[[RabbitMQ], object], nodes: Iterable[RabbitMQ]) -> None:
        with ThreadPoolExecutor() as hands:
            list(hands.map(act, nodes))
