"""Faults of messages: sent twice, or such as no worker can read. Knows how the product's messages look."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from amqp.exceptions import AMQPError
from celery import Celery
from kombu import Connection
from kombu.exceptions import KombuError

from tools.chaos.scene import Missed, Scene

EXCHANGE = "tasks"
QUEUES = ("critical", "high", "normal", "low")
TASK_NAMES = {
    "export": "data_processing.tasks.export_contracts_to_excel",
    "aggregates": "data_processing.tasks.compute_heavy_aggregates",
    "search": "data_processing.tasks.process_full_table_search",
    "rehearsal": "data_processing.tasks.rehearse",
    "check": "data_processing.tasks.check_monitor_task",
    "check_now": "data_processing.tasks.check_monitor_user_triggered",
    "process_alert": "data_processing.tasks.process_alert_task",
    "send_alert_webhook": "data_processing.tasks.send_alert_webhook",
}
"""Of the kinds whose messages are duplicated."""
JSON = {"content_type": "application/json", "content_encoding": "utf-8"}
CELERY = Celery(set_as_current=False)
DUPLICATED = 20


def duplicate_messages(scene: Scene) -> None:
    """Publish the messages of recent tasks again, whatever state they are in, each up to three times."""
    recent = """
        SELECT id::text, kind, queue FROM data_processing_taskrun WHERE kind = ANY(%s)
        ORDER BY created_at DESC LIMIT %s
    """
    messages = [
        (queue, *make_message(TASK_NAMES[kind], run_id))
        for run_id, kind, queue in scene.arena.ask(recent, list(TASK_NAMES), DUPLICATED)
        for _ in range(scene.rng.randint(1, 3))
    ]
    send(scene, messages)


def corrupt_messages(scene: Scene) -> None:
    """Publish bodies that are no task, to every queue."""
    bodies = scene.rng.sample(list_garbage(), 4)
    send(scene, [(queue, body, options) for queue in QUEUES for body, options in bodies])


def make_message(task: str, *arguments: str) -> tuple[bytes, dict[str, Any]]:
    """A message of Celery's protocol 2: body and properties."""
    task_id = arguments[0] if arguments else str(uuid.uuid4())
    message = CELERY.amqp.as_task_v2(task_id, task, args=arguments, ignore_result=True)
    return json.dumps(message.body).encode(), {**JSON, "headers": message.headers, **message.properties}


def list_garbage() -> list[tuple[bytes, dict[str, Any]]]:
    """Unreadable messages of every kind known to trouble workers."""
    body, options = make_message(TASK_NAMES["search"], str(uuid.uuid4()))
    return [
        (b"\xff\xfe not text", JSON),
        (b"{not json", JSON),
        (b"{}", JSON),
        (b'"a text"', JSON),
        (b"[[], {}]", _with_headers(options, id="x")),
        (body, _with_headers(options, timelimit=["soon", "late"])),
        (body, _with_headers(options, task="no.such.task")),
        (body, _with_headers(options, task=None)),
        (body, {**options, "content_type": "application/x-python-serialize"}),
        (body, {**options, "content_encoding": "no-such-encoding"}),
        (body, options),  # names a task that does not exist
        make_message(TASK_NAMES["export"], "no-uuid"),
        make_message(TASK_NAMES["export"], str(uuid.uuid4()), "one argument too many"),
    ]


def send(scene: Scene, messages: Sequence[tuple[str, bytes, Mapping[str, Any]]]) -> None:
    """Publish (queue, body, properties). Missed when the broker does not take them."""
    try:
        with Connection(
            scene.arena.network.broker.url,
            connect_timeout=3,
            transport_options={"read_timeout": 5, "write_timeout": 5, "max_retries": 1},
        ) as connection:
            producer = connection.Producer(auto_declare=False)
            for queue, body, options in messages:
                producer.publish(
                    body, exchange=EXCHANGE, routing_key=queue, delivery_mode=2, retry=False, **options
                )
    except (AMQPError, KombuError, OSError):
        raise Missed from None


def _with_headers(options: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**options, "headers": {**options["headers"], **changes}}
