"""Work that wants more memory than there is; a worker loads it by ``--include``."""

from __future__ import annotations

import dataclasses
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init

from contracts.progress import Progress
from data_processing.kinds import registry
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskRequest

MORE_BYTES_THAN_THERE_ARE = 1 << 62


@shared_task(name="tests.exhaust_memory", ignore_result=False)
def exhaust_memory() -> int:
    return len(bytearray(MORE_BYTES_THAN_THERE_ARE))


def exhaust_in_work(request: TaskRequest, context: Context) -> Work:
    yield Progress(phase="growing", current=0, total=1, unit="steps")
    return Outcome(payload={"size": len(bytearray(MORE_BYTES_THAN_THERE_ARE))})


@worker_process_init.connect
def put_hungry_work_behind_aggregates(**_: Any) -> None:
    """In a worker that loads this module, and in no other process."""
    hungry = dataclasses.replace(registry.KINDS["aggregates"], work=exhaust_in_work)
    registry.KINDS["aggregates"] = hungry  # type: ignore[index]
