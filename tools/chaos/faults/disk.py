"""Faults of the export folder: no space in it for some seconds, and a cleanup amid the work."""

from __future__ import annotations

import resource
import time

import psutil

from tools.chaos.scene import Missed, Scene
from tools.stack.errors import StackError

FULL_S = 5.0
QUOTA_BYTES = 4096


def fill_disk(scene: Scene) -> None:
    """No space for exports; where there is no small file system, a quota of the exporting processes."""
    if not scene.arena.exports.is_small:
        limit_files(scene)
        return
    scene.arena.exports.fill()
    try:
        time.sleep(FULL_S)
    finally:
        scene.arena.exports.free()


def clean_up(scene: Scene) -> None:
    """Remove what no row names as soon as nobody has written to it for a second."""
    try:
        scene.arena.clean_up()
    except StackError:  # the database is away
        raise Missed from None


def limit_files(scene: Scene) -> None:
    """No process of the bulk workers may write a file of more than 4 kB for a while."""
    processes = [
        child.pid
        for worker in scene.arena.worker_names
        if worker.startswith("bulk") and psutil.pid_exists(scene.arena.pid(worker))
        for child in psutil.Process(scene.arena.pid(worker)).children()
    ]
    if not processes:
        raise Missed
    _limit(processes, QUOTA_BYTES)
    time.sleep(FULL_S)
    _limit(processes, resource.RLIM_INFINITY)


def _limit(processes: list[int], size: int) -> None:
    for pid in processes:
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        except ProcessLookupError:
            continue  # its replacement has no limit
