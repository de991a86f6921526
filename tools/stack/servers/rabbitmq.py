"""A private RabbitMQ node of Debian's package, run without its system service; knows no queue of ours."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.stack.children import kill_group, spawn
from tools.stack.ports import LOOPBACK, is_listening, pick_port
from tools.stack.servers.server import Server, find_program

USER = "explorer"
MANAGEMENT = "[rabbitmq_management].\n"


class PortMapper:
    """epmd, by which Erlang nodes of one machine find each other; ours, so that it ends with its nodes."""

    def __init__(self) -> None:
        self.port = pick_port()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, folder: Path, environment: Mapping[str, str]) -> None:
        """As our child: a node itself would leave a daemon behind. Nothing happens when it runs."""
        if self._child is not None and self._child.poll() is None:
            return
        with (folder / "epmd.log").open("ab") as output:
            self._child = spawn(
                [find_program(["epmd", "/usr/bin/epmd"], package="rabbitmq-server")],
                environment=environment,
                folder=folder,
                output=output,
            )

    def stop(self) -> None:
        if self._child is not None:
            kill_group(self._child)


@dataclass(kw_only=True)
class Circle:
    """What the nodes of one cluster share. A node by itself has one of its own."""

    mapper: PortMapper = field(default_factory=PortMapper)
    cookie: str = field(default_factory=lambda: secrets.token_hex(16))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    names: list[str] = field(default_factory=list)

    def config_of(self, name: str) -> str:
        """Lines of rabbitmq.conf by which this node, without data, joins the first, which waits for none."""
        if len(self.names) == 1:
            return ""
        known = dict.fromkeys((self.names[0], name))
        return "".join(
            f"cluster_formation.classic_config.nodes.{number} = {each}\n"
            for number, each in enumerate(known, 1)
        )


class RabbitMQ(Server):
    """One node with the management plugin, its own name, cookie, epmd and ports; runs as any user, root too.

    The child is the Erlang machine itself (no shell in between), so signals reach the broker. Lines of
    `extra_config` (rabbitmq.conf) come last and win. `plugins` is the text of `enabled_plugins`. Nodes of one
    `circle` are a cluster.
    """

    name = "rabbitmq"
    start_within_s = 120

    def __init__(
        self,
        folder: Path | None = None,
        *,
        extra_config: str = "",
        plugins: str = MANAGEMENT,
        circle: Circle | None = None,
    ) -> None:
        super().__init__(folder)
        self._extra_config = extra_config
        self._plugins = plugins
        self.port = pick_port()
        self.management_port = pick_port()
        self.prometheus_port = pick_port()
        self._distribution_port = pick_port()
        self._is_alone = circle is None
        self._circle = circle or Circle()
        self._circle.names.append(self.node)
        self.user = USER
        self.password = self._circle.password

    @property
    def url(self) -> str:
        """The default virtual host, over AMQP."""
        return self.url_at(self.port)

    def url_at(self, port: int) -> str:
        """The same at another port, which leads to this node."""
        return f"amqp://{self.user}:{self.password}@{LOOPBACK}:{port}//"

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def management_url(self) -> str:
        """The management pages and API; user and password are the broker's."""
        return f"http://{LOOPBACK}:{self.management_port}"

    def add_virtual_host(self, name: str) -> str:
        """Make a virtual host with queues of its own; its URL. Whoever uses it is not seen by the others."""
        self.run_ctl("add_vhost", name)
        self.run_ctl("set_permissions", "--vhost", name, self.user, ".*", ".*", ".*")
        return f"{self.url.removesuffix('//')}/{name}"

    def run_ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node and return what it printed; CalledProcessError when it fails."""
        return self._run("rabbitmqctl", *arguments)

    def grow_queues(self, node: str) -> None:
        """Give each quorum queue of the cluster a member on that node, where it has none."""
        self._run("rabbitmq-queues", "grow", node, "all")

    def _run(self, name: str, *arguments: str) -> str:
        program = find_program([f"/usr/lib/rabbitmq/bin/{name}", name], package="rabbitmq-server")
        return subprocess.run(
            [program, "--node", self.node, *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    @property
    def node(self) -> str:
        """The name among Erlang's nodes."""
        return f"explorer-{self.port}@localhost"

    def _environment(self) -> Mapping[str, str]:
        clean = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_", "NOTIFY_"))
        }
        return {
            **clean,
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self._circle.mapper.port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.folder / "config"),
            # Replaces the start script by the Erlang machine; the script would keep a shell as our child.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-noinput -start_epmd false -kernel inet_dist_use_interface {127,0,0,1} +sbwt none"
            ),
        }

    def _prepare(self) -> None:
        (self.folder / "rabbitmq.conf").write_text(self._config())
        (self.folder / "enabled_plugins").write_text(self._plugins)
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.touch(mode=0o600)
            cookie.write_text(self._circle.cookie)
            cookie.chmod(0o400)
        self._circle.mapper.start(self.folder, self._environment())

    def _config(self) -> str:
        prometheus = f"prometheus.tcp.ip = {LOOPBACK}\nprometheus.tcp.port = {self.prometheus_port}\n"
        return (
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\n"
            f"management.tcp.ip = {LOOPBACK}\n"
            f"management.tcp.port = {self.management_port}\n"
            f"default_user = {self.user}\n"
            f"default_pass = {self.password}\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.console.level = warning\n"
            f"{prometheus if 'rabbitmq_prometheus' in self._plugins else ''}"
            f"{self._circle.config_of(self.node)}"
            f"{self._extra_config}"
        )

    def _command(self) -> Sequence[str | Path]:
        return [find_program(["/usr/lib/rabbitmq/bin/rabbitmq-server"], package="rabbitmq-server")]

    def _is_ready(self) -> bool:
        # The management pages come last; they answer only when the listeners of the broker are open.
        if not is_listening(self.management_port) or not is_listening(self.port):
            return False
        with contextlib.suppress(OSError):
            return self._get("overview")[0] == 200
        return False

    def is_in_alarm(self) -> bool:
        """Whether the node lacks memory or disk by its limits, and therefore takes no messages. Raises
        OSError when it does not answer."""
        return self._get("health/checks/local-alarms")[0] == 503

    def ask_management(self, path: str) -> Any:
        """What the management API says at that path. Raises OSError, and ValueError for what is no JSON."""
        return json.loads(self._get(path)[1])

    def _get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET of the management API. Raises OSError."""
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(LOOPBACK, self.management_port, timeout=2)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/{path}", headers={"Authorization": f"Basic {token}"})
            response = connection.getresponse()
            return response.status, response.read()

    def dispose(self) -> None:
        """Kill the broker: its orderly stop takes seconds that data nobody needs are not worth."""
        self.kill()
        super().dispose()

    def _clear(self) -> None:
        # The others of a cluster still need it.
        if self._is_alone:
            self._circle.mapper.stop()
