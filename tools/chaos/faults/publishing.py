"""The fault between commit and publish: a web server dies when a task is a row and not yet a message."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

from tools.chaos.browser import NoAnswer
from tools.chaos.ledger import Order
from tools.chaos.scene import Missed, Scene
from tools.chaos.visitors import TASKS
from tools.stack.polling import poll

COMMITTED_WITHIN_S = 4.0


def kill_web_before_publish(scene: Scene) -> None:
    """SIGKILL to a web server that has committed a task and cannot bring it to a frozen broker.

    The client, answered or not, asks again with the same key, and must get the very task that was committed.
    """
    copy = scene.rng.randrange(len(scene.arena.ports))
    order = Order(
        kind="rehearsal",
        body={"number": scene.rng.randrange(10**9, 10**12)},
        key=str(uuid.UUID(int=scene.rng.getrandbits(128))),
    )
    scene.arena.servers.rabbitmq.freeze()
    try:
        with ThreadPoolExecutor(1) as poster:
            poster.submit(_post, scene, order, scene.arena.urls[copy])
            committed = _wait_until_committed(scene, order)
            os.killpg(scene.arena.pid(scene.arena.web_names[copy]), signal.SIGKILL)
    finally:
        scene.arena.servers.rabbitmq.thaw()
    scene.victim.submit(order, threading.Event())
    scene.ledger.expect(committed, visitor=scene.victim.number, order=order)


def _post(scene: Scene, order: Order, url: str) -> None:
    headers = {"Idempotency-Key": str(order.key)}
    with contextlib.suppress(NoAnswer):
        answer = scene.victim.browser.call(
            "POST", f"{TASKS}/{order.kind}/", order.body, headers=headers, url=url
        )
        if answer.is_accepted:
            scene.ledger.accept(answer.body["task_id"], visitor=scene.victim.number, order=order)


def _wait_until_committed(scene: Scene, order: Order) -> str:
    """The id of the task; Missed when none is committed in time."""
    found = "SELECT run_id::text FROM data_processing_idempotencykey WHERE key = %s"
    rows = poll(lambda: scene.arena.ask(found, order.key), within_s=COMMITTED_WITHIN_S, every_s=0.02)
    if not rows:
        raise Missed
    return str(rows[0][0])
