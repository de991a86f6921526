"""Faults of the product's processes: killed, paused, doubled. The supervisor starts again what died."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psutil

from tools.chaos.arena import BEAT, LEASE_S
from tools.chaos.scene import Missed, Scene
from tools.stack.children import kill_group, spawn
from tools.stack.polling import poll
from tools.stack.system import CHECKOUT

PAUSE_S = LEASE_S + 4
SECOND_BEAT_S = 8.0
REPLACED_WITHIN_S = 30.0


def kill_worker_child(scene: Scene) -> None:
    """SIGKILL to one process of a worker's pool, as the kernel does when memory is short."""
    worker = scene.choose_worker()
    children = psutil.Process(scene.arena.pid(worker)).children()
    if not children:
        raise Missed
    attempts = scene.attempts_of(worker)
    os.kill(scene.rng.choice(children).pid, signal.SIGKILL)
    scene.chronicle.add_kill(attempts)


def kill_worker(scene: Scene) -> None:
    """SIGKILL to a whole worker, as if its machine had gone."""
    worker = scene.choose_worker()
    attempts = scene.attempts_of(worker)
    os.killpg(scene.arena.pid(worker), signal.SIGKILL)
    scene.chronicle.add_kill(attempts)


def pause_worker(scene: Scene) -> None:
    """SIGSTOP to a whole worker for longer than its lease; it wakes up as a zombie."""
    group = scene.arena.pid(scene.choose_worker())
    os.killpg(group, signal.SIGSTOP)
    time.sleep(PAUSE_S)
    os.killpg(group, signal.SIGCONT)


def stop_worker(scene: Scene) -> None:
    """SIGTERM to a worker, as in a rolling restart: it finishes or hands back, and is started again."""
    os.kill(scene.arena.pid(scene.choose_worker()), signal.SIGTERM)


def restart_all(scene: Scene) -> None:
    """SIGTERM to one program after the other, the next when the last one is back: a deployment."""
    for program in (*scene.arena.web_names, *scene.arena.worker_names, BEAT):
        _replace(scene, program)


def _replace(scene: Scene, program: str) -> None:
    before = scene.arena.pid(program)
    os.kill(before, signal.SIGTERM)
    poll(lambda: scene.arena.pid(program) != before, within_s=REPLACED_WITHIN_S)


def kill_web(scene: Scene) -> None:
    """SIGKILL to a web server amid its requests."""
    os.killpg(scene.arena.pid(scene.rng.choice(scene.arena.web_names)), signal.SIGKILL)


def kill_beat(scene: Scene) -> None:
    """SIGKILL to Beat."""
    os.killpg(scene.arena.pid(BEAT), signal.SIGKILL)


def kill_housekeeping(scene: Scene) -> None:
    """SIGKILL to all workers that sweep: nobody rescues a task until one is back."""
    for name in scene.arena.worker_names:
        if name.startswith("housekeeping"):
            os.killpg(scene.arena.pid(name), signal.SIGKILL)


def run_second_beat(scene: Scene) -> None:
    """A second Beat for a while, as after a careless deployment."""
    beat = next(program for program in scene.arena.programs if program.name == BEAT)
    child = spawn(beat.argv, environment=scene.arena.environment, folder=CHECKOUT, output=subprocess.DEVNULL)
    try:
        time.sleep(SECOND_BEAT_S)
    finally:
        kill_group(child)
