"""The services of the compose file on this machine: their command lines, each where it can change nothing but
its data, on the servers of the tests."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.compose import ROOT, SECRETS, read_config
from tools.stack.children import kill_group, read_tail, spawn, stop_child, unmeasured
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import RabbitMQ
from tools.stack.servers.trio import BROKER, SMALL_DISK

GUEST = "default_user = guest\ndefault_pass = guest\n"
READY_WITHIN_S = 120
STOP_WITHIN_S = 45
SAYS = {"web": "Uvicorn running on", "beat": "is starting", "flower": "Visit me at"}
"""What is in a log as soon as there is somebody who may be healthy; workers say that they are ready."""

READ_ONLY = ("unshare", "--mount", "sh", str(Path(__file__).with_name("read_only.sh")))


class Broker(RabbitMQ):
    """A node that has read its configuration and its users as the container does."""

    def __init__(self, folder: Path, *, definitions: Path) -> None:
        config = (BROKER / "explorer.conf", BROKER / "definitions.conf")
        text = "".join(file.read_text() for file in config)
        super().__init__(
            folder,
            # What a fresh broker would make, had it no definitions.
            extra_config=GUEST + SMALL_DISK + text.replace("/definitions/definitions.json", str(definitions)),
            plugins=(BROKER / "enabled_plugins").read_text(),
        )
        self.user, self.password = "admin", SECRETS["RABBITMQ_PASSWORD"]


class Composed:
    """The compose file's services with the data in a folder; ``settings`` are those of .env."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        for name in ("tmp", "exports", "definitions"):
            (folder / name).mkdir()
        self._services = read_config("docker-compose.yml", profiles=("backup",), **settings)["services"]
        self._ports = {"3200": str(pick_port()), "5555": str(pick_port())}
        self.is_contained = can_contain(folder)
        users = self.run("broker-users", self.command("broker-users"))
        assert users.returncode == 0, users.stderr
        self.broker = Broker(folder / "rabbitmq", definitions=folder / "definitions" / "definitions.json")

    def environment(self, name: str) -> dict[str, str]:
        """The service's own variables; its folders are this machine's."""
        given = self._services[name]["environment"]
        if broker := given.get("CELERY_BROKER_URL"):
            given = {**given, "CELERY_BROKER_URL": broker.replace("rabbitmq:5672", self.broker.address)}
        # Unbuffered as in the image: what Celery prints would come into the log at the end.
        here = {"DATA_DIR": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "PYTHONUNBUFFERED": "1"}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {**unmeasured(), **given, **here, "PATH": path, "HOSTNAME": socket.gethostname()}

    def url(self, port: str) -> str:
        return f"http://{LOOPBACK}:{self._ports[port]}"

    def command(self, name: str) -> list[str]:
        assert self._services[name]["read_only"] is True
        return self._translate(self._services[name]["command"])

    def health_check(self, name: str) -> list[str]:
        kind, *words = self._services[name]["healthcheck"]["test"]
        return self._translate(["sh", "-c", *words] if kind == "CMD-SHELL" else words)

    def run(self, name: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as in the service's container."""
        return subprocess.run(
            self._contain(command),
            env=self.environment(name),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_WITHIN_S,
        )

    def is_healthy(self, name: str) -> bool:
        """Run the service's health check once."""
        return self.run(name, self.health_check(name)).returncode == 0

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """The services: each healthy by its own check inside the block, ended by SIGTERM after it."""
        children = {name: self._start(name) for name in names}
        try:
            for name, child in children.items():
                self._wait_until_healthy(name, child)
            yield
            for child in children.values():
                child.terminate()
            stati = {name: stop_child(child, within_s=STOP_WITHIN_S) for name, child in children.items()}
        finally:
            for child in children.values():
                kill_group(child)
        for name, status in stati.items():
            assert status in (0, -15), read_tail(self._log(name))

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        with self._log(name).open("ab") as output:
            command = self._contain(self.command(name))
            return spawn(command, environment=self.environment(name), folder=ROOT, output=output)

    def _wait_until_healthy(self, name: str, child: subprocess.Popen[bytes]) -> None:
        """A check is a process of its own; it is not tried before the log says that it may pass."""
        began = time.monotonic()
        while not (SAYS.get(name, " ready.") in self._log(name).read_text() and self.is_healthy(name)):
            late = time.monotonic() > began + READY_WITHIN_S
            assert child.poll() is None, f"{name} has ended:\n{read_tail(self._log(name))}"
            assert not late, f"{name} is not healthy:\n{read_tail(self._log(name))}"
            time.sleep(0.5)

    def _contain(self, command: Sequence[str]) -> list[str]:
        return [*READ_ONLY, str(self.folder), *command] if self.is_contained else list(command)

    def _translate(self, words: Sequence[str]) -> list[str]:
        """A command line with the ports, the folders and the address of this machine."""
        translated = []
        for word in words:
            for port, free in self._ports.items():
                word = word.replace(port, free)
            for volume in ("/backups", "/definitions"):
                word = re.sub(rf"^{volume}", f"{self.folder}{volume}", word)
            word = word.replace("0.0.0.0", LOOPBACK)
            translated.append(word.replace("$$", "$"))
        return translated


def can_contain(folder: Path) -> bool:
    """Whether this user may make a mount namespace on this machine."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*READ_ONLY, str(folder), "true"], capture_output=True, check=False).returncode == 0
