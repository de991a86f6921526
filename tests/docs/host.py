"""A machine without containers, as far as docs/how-to/deploy-without-containers.md needs one: a copy of the
checkout, servers as they are after their installation, and the programs by which an operator reaches them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis

from tests.copies import PRODUCT, ROOT, copy_rooms
from tests.docs.pages import select
from tests.docs.units import Units, write_program
from tests.e2e.raw_file import write_raw_file
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers import PostgreSQL, RabbitMQ, Redis
from tools.stack.servers.server import find_program
from tools.stack.servers.trio import BROKER, SMALL_DISK

PAGE = "deploy-without-containers.md"
CONTRACTS = 1000
RUN_WITHIN_S = 300
OWN_SETTINGS = {
    # No nginx stands before this web server.
    "PROXIES": "0",
    "SECURE_COOKIES": "false",
    "EXPORT_ACCEL_PREFIX": "",
    # A second task is too many, and a failure is final at once.
    "OWNER_MAX_UNFINISHED": "1",
    "RETRY_DELAYS_S": "0.2",
    "REHEARSALS": "true",
    "SHUTDOWN_TIMEOUT_S": "2",
}


class FreshRabbitMQ(RabbitMQ):
    """A node whose only user is guest."""

    def __init__(self, folder: Path) -> None:
        config = (BROKER / "explorer.conf").read_text()
        super().__init__(
            folder,
            extra_config=f"{config}{SMALL_DISK}default_user = guest\ndefault_pass = guest\n",
            plugins=(BROKER / "enabled_plugins").read_text(),
        )
        self.user = self.password = "guest"

    def offer(self, program: Path) -> None:
        """``program`` is rabbitmqctl of this node."""
        places = {**self._environment(), "PATH": os.environ["PATH"]}
        own = {name: text for name, text in places.items() if name.startswith(("RABBITMQ", "ERL", "HOME"))}
        ctl = find_program(["/usr/lib/rabbitmq/bin/rabbitmqctl", "rabbitmqctl"], package="rabbitmq-server")
        variables = "\n".join(f'export {name}="{text}"' for name, text in own.items())
        write_program(program, f'{variables}\nexec {ctl} --node {self.node} "$@"')


class Host:
    """The machine after the steps that change it as a whole or need the network. ``folder`` is the
    checkout."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_rooms(folder / "explorer", (*PRODUCT, "tools", "deploy", "scripts"))
        shutil.copy(ROOT / "manage.py", self.folder)
        (self.folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        (self.folder / "raw").mkdir()
        write_raw_file(self.folder / "raw" / "2019-2024.csv", CONTRACTS)
        self.ran: list[str] = []
        """All commands, as their pages have them."""
        self._programs = folder / "bin"
        self._programs.mkdir()
        self.postgres = PostgreSQL(folder / "postgresql")
        self.rabbitmq = FreshRabbitMQ(folder / "rabbitmq")
        self.redis = Redis(folder / "redis")
        self.port = pick_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        # None of the variables of this process, which name the servers of other tests.
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        self.environment = {**kept, "PATH": f"{self._programs}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
        self._changes = {
            f"{LOOPBACK}:5432": f"{LOOPBACK}:{self.postgres.port}",
            f"{LOOPBACK}:5672": self.rabbitmq.address,
            f"{LOOPBACK}:6379": f"{LOOPBACK}:{self.redis.port}",
            f"{LOOPBACK}:3200": f"{LOOPBACK}:{self.port}",
            "/srv/explorer": str(self.folder),
        }
        self.units = Units(
            self.folder,
            environment=self.environment,
            # One process serves these tests as well as two.
            changes={"--port 3200": f"--port {self.port}", "--workers 2": "--workers 1"},
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """The servers run, and the operator's programs reach them; afterwards nothing runs."""
        with contextlib.ExitStack() as open_:
            for server in (self.postgres, self.rabbitmq, self.redis):
                server.start()
                open_.callback(server.dispose)
            self._forget_password_of_redis()
            self._offer_programs()
            open_.enter_context(self.units.offered(self._programs / "systemctl"))
            yield

    def translate(self, text: str) -> str:
        for there, here in self._changes.items():
            text = text.replace(there, here)
        return text

    def try_to_run(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Commands in a shell of their own, in the checkout, with ports and folders of this host."""
        self.ran.append(text)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.translate(text)],
            cwd=self.folder,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=RUN_WITHIN_S,
        )

    def run(self, text: str, **variables: str) -> str:
        """The same; what they print. They must succeed."""
        ran = self.try_to_run(text, **variables)
        assert ran.returncode == 0, f"{text}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout

    def follow(self, page: str, section: str = "", **variables: str) -> list[str]:
        """Run the blocks of a page, or of one section; what each has printed."""
        return [self.run(block.text, **variables) for block in select(page, section=section)]

    def install(self) -> str:
        """Do what the page says, step by step; what the last command says, the doctor."""
        told = ""
        for block in select(PAGE):
            told = self.run(block.text)
            if "env_file" in block.text:
                self.set(**OWN_SETTINGS)
        return told

    def set(self, **settings: str) -> None:
        """Add lines to .env, of which the last one of a name counts."""
        with (self.folder / ".env").open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={text}\n" for name, text in settings.items())

    def secret(self, name: str) -> str:
        """What .env says of it now."""
        return self.run(f'set -a; . ./.env; printf %s "${name}"')

    def _forget_password_of_redis(self) -> None:
        with redis.Redis.from_url(self.redis.url) as client:
            client.config_set("requirepass", "")

    def _offer_programs(self) -> None:
        there = urlsplit(self.postgres.url)
        superuser = {"HOST": there.hostname, "PORT": there.port, "USER": there.username}
        superuser |= {"PASSWORD": there.password, "DATABASE": "postgres"}
        variables = " ".join(f"PG{name}={text}" for name, text in superuser.items())
        # Who is postgres by the system's word is the superuser by a password here.
        write_program(
            self._programs / "sudo",
            f'if [ "$1" = -u ]; then shift 2; exec env {variables} "$@"; fi\nexec "$@"',
        )
        cli = find_program(["redis-cli", "/usr/bin/redis-cli"], package="redis-tools")
        write_program(self._programs / "redis-cli", f'exec {cli} -p {self.redis.port} "$@"')
        self.rabbitmq.offer(self._programs / "rabbitmqctl")
