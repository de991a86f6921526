"""The broker: its version, and whether its queues are those that this program would declare."""

from __future__ import annotations

from typing import Any

from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed
from celery import current_app
from kombu import Connection, Queue

from data_processing import broker
from data_processing.operations.doctor.findings import Findings, error, ok, warning

BROKER = "broker"
OLDEST = (3, 10)
"""The first with quorum queues that dead-letter at least once."""


def check_broker() -> Findings:
    if not broker.is_rabbitmq():
        yield ok(BROKER, "it is no RabbitMQ; its queues have no arguments")
        return
    with broker.connect() as connection:
        said: Any = connection.connection
        version = str(said.server_properties.get("version", "0"))
        if _parse(version) < OLDEST:
            yield error(BROKER, f"RabbitMQ {version} is too old", "upgrade to 4.0; it takes 3.10 and newer")
        found = [finding for queue in list_queues() for finding in _check_queue(connection, queue)]
    yield from found
    if not found:
        yield ok(BROKER, f"RabbitMQ {version} answers, all queues are as they are declared")


def list_queues() -> list[Queue]:
    """The task queues, and their dead-letter queues by name alone: workers declare them."""
    queues = list(current_app.conf.task_queues)
    return [*queues, *(Queue(f"{queue.name}.dead") for queue in queues)]


def _check_queue(connection: Connection, queue: Queue) -> Findings:
    # Each on a channel of its own, which the broker closes with its refusal.
    channel: Any = connection.channel()
    try:
        channel.queue_declare(queue=queue.name, passive=True)
        if queue.queue_arguments:
            # The queue is there, so that this changes nothing: it is compared.
            channel.queue_declare(
                queue=queue.name, durable=True, auto_delete=False, arguments=queue.queue_arguments
            )
    except NotFound:
        yield error(BROKER, f"there is no queue {queue.name}", "start a worker: it declares all queues")
    except AccessRefused:
        yield warning(
            BROKER,
            f"this process may not compare the queue {queue.name} with its declaration",
            "run the doctor with the broker's user of a worker",
        )
    except PreconditionFailed as refusal:
        yield error(
            BROKER,
            f"the queue {queue.name} is another one than this program's: {refusal.reply_text}",
            f"stop the workers, rabbitmqctl delete_queue {queue.name}, start them: they declare it anew, and"
            " waiting tasks are published again",
        )
    finally:
        channel.close()


def _parse(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
