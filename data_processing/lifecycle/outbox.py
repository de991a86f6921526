"""Brings the ids of pending runs to the broker: at once after a request, and again by the sweeper when that
failed or the message may be lost. A message is only a hint to look at the row: a second one does no harm."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from data_processing import broker, origins, tracing
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import reports
from data_processing.lifecycle.publisher import publisher
from data_processing.lifecycle.runs import publishing
from data_processing.models import State, TaskRun
from data_processing.origins import Origin

logger = logging.getLogger(__name__)

FIRST_PUBLISH_GRACE_S = 3.0
"""How long the web process has for its own first try before the sweeper steps in."""

LOST_AFTER_S = 4.0
# A thread that cannot keep up has the sweeper beside it, which sends the most urgent first.
CARRIED = 1000
# Sent runs are noted together, because by then most have been claimed and need no note. Well within the
# grace, or the sweeper would send them again.
NOTED_WITHIN_S = 1.0

PART_TASK, PART_QUEUE = "data_processing.tasks.write_export_part", "normal"


@dataclass(frozen=True, kw_only=True)
class RunMessage:
    """The message of one run."""

    run_id: uuid.UUID
    task: str
    queue: str
    in_words: str
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class MonitorEvent:
    """What monitors are to hear of a run, as if its worker said it."""

    event: str
    worker: str
    facts: Mapping[str, object]


class BackgroundPublisher:
    """Brings new runs, and events of ended ones, to the broker in a thread of its own, so that no request
    waits for the broker, whatever that does.

    No run is lost with it: what it does not manage is published by the sweeper when the grace is over. Events
    for monitors may be lost.
    """

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: SimpleQueue[RunMessage | MonitorEvent | None] = SimpleQueue()
        self._sent: list[uuid.UUID] = []
        self._note_at = 0.0

    def take(self, message: RunMessage | MonitorEvent) -> None:
        """Returns at once. Leaves the message to the sweeper while the broker takes no messages, and when
        there are too many."""
        if publisher.willing and self._waiting.qsize() < CARRIED:
            self._waiting.put(message)
            # On first use: a thread that was made before a fork is not there in the child.
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def stop(self) -> None:
        """Send and note what was taken, then end the thread; a later message starts another."""
        with self._starting:
            if self._thread is not None:
                self._waiting.put(None)
                self._thread.join()
                self._thread = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="outbox", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            try:
                message = self._waiting.get(timeout=self._wait_s())
            except Empty:
                self._note()
                continue
            if message is None:
                self._note()
                return
            self._carry(message)
            if self._sent and time.monotonic() >= self._note_at:
                self._note()

    def _wait_s(self) -> float | None:
        return max(0.0, self._note_at - time.monotonic()) if self._sent else None

    def _carry(self, message: RunMessage | MonitorEvent) -> None:
        if not publisher.willing:
            return
        if isinstance(message, MonitorEvent):
            _tell(message)
        elif _bring(message):
            if not self._sent:
                self._note_at = time.monotonic() + NOTED_WITHIN_S
            self._sent.append(message.run_id)

    def _note(self) -> None:
        try:
            publishing.note_published(self._sent, republish_in_s=settings.REPUBLISH_AFTER_S)
        except DatabaseError as error:
            logger.warning("%s published runs could not be noted: %s", len(self._sent), error)
        finally:
            self._sent = []
            # Back to the pool: until the next note the requests need it.
            connection.close()


background = BackgroundPublisher()


def publish_new(run: TaskRun) -> None:
    """Have a new run brought to the broker, without waiting; after a failure the sweeper goes on."""
    background.take(_pack(run))


def tell_monitors(run: TaskRun) -> None:
    """Have Celery's monitors told how a run stands, where no worker tells them; does not wait. They do not
    know a run that no worker has had."""
    kind, event = KINDS.get(run.kind), reports.EVENTS.get(State(run.state))
    if run.worker and kind is not None and event is not None:
        facts = {"name": kind.task_name, "args": run.description, **reports.report_of(run).to_event()}
        background.take(MonitorEvent(event=event, worker=run.worker, facts={"uuid": str(run.id), **facts}))


def publish_due(limit: int = 200) -> int:
    """Publish the runs that are due; returns how many. Two sweepers at once do not send a message twice."""
    if not publisher.willing:
        return 0
    sent = 0
    # What this version cannot send is left alone: one such row must not keep the others back.
    for run in publishing.list_due(limit, kinds=KINDS.keys(), queues=broker.queue_names()):
        # Noted before it is sent, so that another sweeper leaves it alone. Who dies in between leaves a run
        # that is thought sent: its queue stays empty, by which recover_lost_messages knows it.
        mine = publishing.schedule(
            run.id, publishes=run.publishes, in_s=settings.REPUBLISH_AFTER_S, sent=True
        )
        if not mine:
            continue
        if not _bring(_pack(run)):
            # One more than was read: the note above has raised it.
            publishing.schedule(run.id, publishes=run.publishes + 1, in_s=1.0, sent=False)
            # The others would fail as well, each after its deadline.
            break
        sent += 1
    return sent


def offer_parts(run_id: uuid.UUID, attempt: int, parts: Sequence[int]) -> None:
    """Tell the other workers that they may write these parts of a running export. Nothing is lost with an
    offer: what nobody takes, the run's holder does itself."""
    # Where hosts have folders of their own, the holder could not join what another one has written.
    if not settings.EXPORT_FOLDER_SHARED:
        return
    try:
        for part in parts:
            publisher.send(
                PART_TASK,
                (str(run_id), attempt, part),
                queue=PART_QUEUE,
                in_words=f"part {part} of export {run_id}",
                origin=origins.current(),
            )
    except broker.ERRORS as error:
        logger.warning("parts of run %s could not be offered: %s", run_id, error)


def recover_lost_messages() -> int:
    """Make runs due again whose message is nowhere: their queue is empty, yet no worker has taken them.

    A broker that lost its data is noticed so within seconds. Returns how many runs are due again.
    """
    waiting = publishing.published_before(seconds=LOST_AFTER_S, republish_after_s=settings.REPUBLISH_AFTER_S)
    if not waiting or not publisher.willing:
        return 0
    try:
        empty = {queue.name for queue in broker.inspect_queues() if queue.ready == 0}
    except broker.ERRORS as error:
        logger.warning("queues cannot be inspected now: %s", error)
        return 0
    # A message that a worker holds back unseen looks the same, therefore each further try waits twice as
    # long: up to four minutes, when the run is soon published again in any case.
    lost = [
        run
        for run, age_s in waiting
        if run.queue in empty and age_s > LOST_AFTER_S * 2 ** min(run.publishes - 1, 6)
    ]
    return sum(publishing.schedule(run.id, publishes=run.publishes, in_s=0, sent=False) for run in lost)


def _pack(run: TaskRun) -> RunMessage:
    return RunMessage(
        run_id=run.id,
        task=KINDS[run.kind].task_name,
        queue=run.queue,
        in_words=run.description[: reports.SHOWN_CHARS] or str(run.id),
        origin=origins.read(run.origin),
    )


def _tell(event: MonitorEvent) -> None:
    try:
        publisher.send_event(event.event, worker=event.worker, **event.facts)
    except broker.ERRORS as error:
        logger.warning("monitors could not be told of run %s: %s", event.facts["uuid"], error)


def _bring(message: RunMessage) -> bool:
    # Once more where the publisher does not rest: then only one node of several was tried.
    return _send(message) or (publisher.willing and _send(message))


def _send(message: RunMessage) -> bool:
    run_id = str(message.run_id)
    with (
        origins.lines_about(run_id, message.origin),
        tracing.span(f"publish {message.task}", kind="PRODUCER", parent=message.origin) as span,
    ):
        try:
            publisher.send(
                message.task,
                (run_id,),
                queue=message.queue,
                task_id=run_id,
                in_words=message.in_words,
                origin=message.origin,
            )
        except broker.ERRORS as error:
            span.fail(type(error).__name__)
            logger.warning("could not publish run %s: %s", run_id, error)
            return False
    return True
