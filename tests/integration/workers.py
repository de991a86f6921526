"""Real worker processes of a test module: started, shared by its tests, killed, frozen, stopped."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tools.stack.children import kill_group, spawn, stop_child, wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 120
STOP_WITHIN_S = 20


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A running ``celery worker``. ``name`` is its node name; ``log`` what it wrote."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def at_hand(self) -> bool:
        """Whether it lives and is not frozen."""
        return self.alive and psutil.Process(self.process.pid).status() != psutil.STATUS_STOPPED

    @property
    def child_pids(self) -> list[int]:
        """The pool's processes, which do the work."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        """Ask it to end, as a restart does; its exit status."""
        if self.alive:
            self.thaw()
        return stop_child(self.process, within_s=STOP_WITHIN_S)

    def kill(self) -> None:
        """SIGKILL to the worker and its children."""
        kill_group(self.process)

    def freeze(self) -> None:
        """SIGSTOP to the worker and its children, until `thaw`."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        while self.at_hand:  # until the signal has arrived
            time.sleep(0.01)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


StartWorker = Callable[..., Worker]


class Crew:
    """The workers of a test module, all with one environment and the product of ``code``; their logs are in
    ``folder``."""

    def __init__(self, environment: Mapping[str, str], folder: Path, *, code: Path = CHECKOUT) -> None:
        self._environment = environment
        self._folder = folder
        self._code = code
        self._numbers = itertools.count(1)
        self._started: list[Worker] = []
        self._shared: list[tuple[Worker, dict[str, Any]]] = []

    def start(
        self,
        *,
        name: str = "w",
        queues: str = "critical,high,normal,low",
        concurrency: int = 1,
        include: str = "",
        pool: str = "prefork",
        **variables: str,
    ) -> Worker:
        """Start a worker, by default on all queues with one child; returns when it consumes. ``include``
        names a module with more tasks; keywords in capitals are variables of its environment. None of them
        sweeps, but with ``pool="threads"``."""
        nodename = f"{name}{next(self._numbers)}@test"
        log = self._folder / f"{nodename}.log"
        command = _command(nodename, queues=queues, concurrency=concurrency, include=include, pool=pool)
        with log.open("ab") as output:
            process = spawn(
                command, environment={**self._environment, **variables}, folder=self._code, output=output
            )
        worker = Worker(name=nodename, process=process, log=log)
        self._started.append(worker)
        wait_until(
            lambda: f"{nodename} ready." in worker.read_log(),
            child=process,
            name=nodename,
            within_s=READY_WITHIN_S,
            log=log,
        )
        return worker

    def share(self, **options: Any) -> Worker:
        """The shared worker of these options, or a new one where there is none that lives and is awake."""
        for worker, its in self._shared:
            if its == options and worker.at_hand:
                return worker
        worker = self.start(**options)
        self._shared.append((worker, options))
        return worker

    def dismiss(self) -> None:
        """Stop all workers."""
        for worker in self._started:
            worker.stop()
            kill_group(worker.process)
        self._shared.clear()


def _command(nodename: str, *, queues: str, concurrency: int, include: str, pool: str) -> list[str]:
    command = [sys.executable, "-m", "celery", "-A", "backend", "worker", "--loglevel", "info"]
    options = ["-Q", queues, "-n", nodename, "--pool", pool, "--concurrency", str(concurrency)]
    switches = ["--without-gossip", "--without-mingle"]
    return [*command, *options, *switches, *(["--include", include] if include else [])]
