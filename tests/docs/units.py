"""As much of systemd as the units of deploy/systemd need: starts, stops and lists them.

The processes are this one's children, so that none outlives a test.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.stack.children import kill_group, spawn, stop_child
from tools.stack.ports import LOOPBACK

STOP_WITHIN_S = 40


def read_unit(file: Path) -> dict[str, list[str]]:
    """The settings of a unit, of whatever section, each with all its values."""
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, text = line.partition("=")
            found.setdefault(name, []).append(text)
    return found


class Units:
    """Those below ``folder``, which is where the checkout is that they say is in /srv/explorer."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str], changes: Mapping[str, str]) -> None:
        """``changes`` are made in command lines: text, and what stands for it here."""
        self._folder = folder
        self._environment = environment
        self._changes = {"/srv/explorer": str(folder), **changes}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def systemctl(self, verb: str, *names: str) -> tuple[bool, str]:
        """Whether it went well, and what it says."""
        wanted = [unit for name in names for unit in self._list(name)]
        if verb == "is-active":
            told = ["active" if self.is_active(unit) else "inactive" for unit in wanted]
            return "inactive" not in told, "\n".join(told)
        if verb in ("stop", "restart"):
            self._stop(wanted)
        if verb in ("start", "restart"):
            for unit in wanted:
                self._start(unit)
        return verb in ("start", "stop", "restart"), ""

    def is_active(self, unit: str) -> bool:
        return unit in self._running and self._running[unit].poll() is None

    def pid(self, unit: str) -> int:
        return self._running[unit].pid

    def close(self) -> None:
        for child in self._running.values():
            kill_group(child)

    def _list(self, name: str) -> Sequence[str]:
        """The services of a target, or the one."""
        if not name.endswith(".target"):
            return [name.removesuffix(".service")]
        wants = read_unit(self._folder / "deploy" / "systemd" / name)["Wants"]
        return [word.removesuffix(".service") for line in wants for word in line.split()]

    def _start(self, unit: str) -> None:
        if self.is_active(unit):
            return
        template, at, instance = unit.partition("@")
        settings = read_unit(self._folder / "deploy" / "systemd" / f"{template}{at}.service")
        (command,) = settings["ExecStart"]
        for old, new in {"%i": instance, **self._changes}.items():
            command = command.replace(old, new)
        environment = dict(self._environment)
        for file in settings.get("EnvironmentFile", ()):
            lines = (self._folder / Path(file).name).read_text(encoding="utf-8").splitlines()
            environment |= dict(line.split("=", 1) for line in lines)
        with self.log(unit).open("ab") as output:
            self._running[unit] = spawn(
                shlex.split(command), environment=environment, folder=self._folder, output=output
            )

    def _stop(self, units: Sequence[str]) -> None:
        children = [self._running.pop(unit) for unit in units if unit in self._running]
        with ThreadPoolExecutor(len(children) or 1) as hands:
            list(hands.map(lambda child: stop_child(child, within_s=STOP_WITHIN_S), children))
        for child in children:
            kill_group(child)

    @contextlib.contextmanager
    def offered(self, program: Path) -> Iterator[None]:
        """``program`` is a systemctl for shells, which asks this object."""
        units = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                words = self.rfile.read(int(self.headers["Content-Length"])).decode().split()
                well, told = units.systemctl(*words)
                self.send_response(200 if well else 500)
                self.end_headers()
                self.wfile.write(f"{told}\n".encode() if told else b"")

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer((LOOPBACK, 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://{LOOPBACK}:{server.server_port}/"
        write_program(program, f'exec curl --silent --show-error --fail-with-body --data "$*" {url}')
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            self.close()


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    os.chmod(path, 0o755)
