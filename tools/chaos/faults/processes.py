"""Faults of the product's processes: killed, paused, doubled. The supervisor starts again what died."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psutil

from tools.chaos.arena import LEASE_S
from tools.chaos.scene import Missed, Scene
from tools.stack.children import kill_group, spawn
from tools.stack.system import CHECKOUT, list_programs

PAUSE_S = LEASE_S + 4
SECOND_BEAT_S = 8.0
REPLACED_WITHIN_S = 30.0


def kill_worker_child(scene: Scene) -> None:
    """SIGKILL to one process of a worker's pool, as the kernel does when memory is short."""
    worker = scene.choose_worker()
    try:
        children = psutil.Process(scene.arena.pid(worker)).children()
    except psutil.NoSuchProcess:
        raise Missed from None
    if not children:
        raise Missed
    attempts = scene.attempts_of(worker)
    _signal(scene.rng.choice(children).pid, signal.SIGKILL)
    scene.chronicle.add_kill(attempts)


def kill_worker(scene: Scene) -> None:
    """SIGKILL to a whole worker, as if its machine had gone."""
    worker = scene.choose_worker()
    attempts = scene.attempts_of(worker)
    _signal_group(scene.arena.pid(worker), signal.SIGKILL)
    scene.chronicle.add_kill(attempts)


def pause_worker(scene: Scene) -> None:
    """SIGSTOP to a whole worker for longer than its lease; it wakes up as a zombie."""
    group = scene.arena.pid(scene.choose_worker())
    _signal_group(group, signal.SIGSTOP)
    time.sleep(PAUSE_S)
    _signal_group(group, signal.SIGCONT)


def stop_worker(scene: Scene) -> None:
    """SIGTERM to a worker, as in a rolling restart: it finishes or hands back, and is started again."""
    _signal(scene.arena.pid(scene.choose_worker()), signal.SIGTERM)


def restart_all(scene: Scene) -> None:
    """SIGTERM to one program after the other, the next when the last one is back: a deployment."""
    for program in (*scene.arena.web_names, *scene.arena.worker_names, "beat"):
        before = scene.arena.pid(program)
        _signal(before, signal.SIGTERM)
        deadline = time.monotonic() + REPLACED_WITHIN_S
        while scene.arena.pid(program) == before and time.monotonic() < deadline:
            time.sleep(0.1)


def kill_web(scene: Scene) -> None:
    """SIGKILL to a web server amid its requests."""
    _signal_group(scene.arena.pid(scene.rng.choice(scene.arena.web_names)), signal.SIGKILL)


def kill_beat(scene: Scene) -> None:
    """SIGKILL to Beat."""
    _signal_group(scene.arena.pid("beat"), signal.SIGKILL)


def kill_housekeeping(scene: Scene) -> None:
    """SIGKILL to all workers that sweep: nobody rescues a task until one is back."""
    for name in scene.arena.worker_names:
        if name.startswith("housekeeping"):
            _signal_group(scene.arena.pid(name), signal.SIGKILL)


def run_second_beat(scene: Scene) -> None:
    """A second Beat for a while, as after a careless deployment."""
    beat = next(program for program in list_programs(0) if program.name == "beat")
    child = spawn(beat.argv, environment=scene.arena.environment, folder=CHECKOUT, output=subprocess.DEVNULL)
    try:
        time.sleep(SECOND_BEAT_S)
    finally:
        kill_group(child)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        raise Missed from None


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        raise Missed from None
