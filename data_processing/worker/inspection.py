"""What a worker tells operators of itself: a command for Celery's remote control. The worker's main process
answers it from what it has in memory, also while database and Redis are away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from celery.worker.control import inspect_command
from celery.worker.state import active_requests
from django.conf import settings

from data_processing.kinds.registry import KINDS, lane_of
from data_processing.operations.overview import DESCRIBE, SEES_EXPORT, Child

KIND_OF_TASK = {kind.task_name: kind.name for kind in KINDS.values()}
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STARTED_AT = int(time.time())


@inspect_command(name=DESCRIBE)
def describe_worker(state: Any) -> dict[str, Any]:
    """Lane, queues, memory (MB) and children of this worker, each child with the task it is at."""
    queues = sorted(state.app.amqp.queues.consume_from)
    return {
        "lane": lane_of(queues),
        "queues": queues,
        "pid": os.getpid(),
        # In a container each start has the same pid.
        "process": f"{os.getpid()}-{STARTED_AT}",
        "memory_mb": read_memory_mb(os.getpid()),
        "children": describe_children(_child_pids(state.consumer.pool), active_requests),
    }


@inspect_command(name=SEES_EXPORT, args=[("name", str)], signature="<name>")
def sees_export(state: Any, name: str) -> bool:
    """Whether this worker sees a file of that name in its export folder, and nowhere else."""
    return (settings.EXPORT_ROOT / Path(name).name).is_file()


def describe_children(pids: Iterable[int], requests: Iterable[Any]) -> list[Child]:
    """Each child that lives, with what it is at."""
    current = {request.worker_pid: request for request in list(requests)}
    return [_describe_child(pid, current.get(pid)) for pid in pids if not has_ended(pid)]


def has_ended(pid: int) -> bool:
    """Whether a child has ended: its worker, which collects it and starts another one, may not have seen that
    yet. False where the system has no /proc."""
    try:
        said = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return Path("/proc/self").exists()
    except OSError:
        return False
    # The state follows the name, which stands in brackets and may hold any character.
    return said.rpartition(")")[2].split()[0] in ("Z", "X")


def read_memory_mb(pid: int) -> float | None:
    """Resident memory of a process, or None when it has ended or the system has no /proc."""
    try:
        resident_pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return None
    return round(resident_pages * PAGE_BYTES / 1_000_000, 1)


def _describe_child(pid: int, request: Any) -> Child:
    kind = None if request is None else KIND_OF_TASK.get(request.name)
    return {
        "pid": pid,
        "memory_mb": read_memory_mb(pid),
        "run_id": None if kind is None else request.id,
        "kind": kind,
        "task": None if request is None else request.name,
    }


def _child_pids(pool: Any) -> list[int]:
    # A pool without processes (solo, threads) does its work in the main process.
    processes = getattr(getattr(pool, "_pool", None), "_pool", None) or []
    return [process.pid for process in processes if hasattr(process, "exitcode")] or [os.getpid()]
