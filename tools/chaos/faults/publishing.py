"""The fault between commit and publish: a web server dies when a task is a row and not yet a message."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import uuid

from tools.chaos.ledger import Order
from tools.chaos.network import silenced
from tools.chaos.scene import Missed, Scene
from tools.stack.connection import NoAnswer
from tools.stack.polling import poll

COMMITTED_WITHIN_S = 4.0
KEYED = "SELECT run_id::text FROM data_processing_idempotencykey WHERE key = %s"


def kill_web_before_publish(scene: Scene) -> None:
    """SIGKILL to a web server that has committed a task and cannot bring it to a broker that is silent.

    The client, answered or not, asks again with the same key, and must get the very task that was committed.
    """
    copy = scene.rng.randrange(len(scene.arena.ports))
    order = Order(
        kind="rehearsal",
        body={"number": scene.rng.randrange(10**9, 10**12)},
        key=str(uuid.UUID(int=scene.rng.getrandbits(128))),
    )
    with silenced(scene.arena.network.web_to_broker):
        posting = scene.ask_for(_post(scene, order, scene.arena.urls[copy]))
        rows = poll(lambda: scene.arena.ask(KEYED, order.key), within_s=COMMITTED_WITHIN_S, every_s=0.02)
        if not rows:
            raise Missed
        os.killpg(scene.arena.pid(scene.arena.web_names[copy]), signal.SIGKILL)
    posting.result()
    scene.ask_for(_post_again(scene, order, committed=str(rows[0][0]))).result()


async def _post(scene: Scene, order: Order, url: str) -> None:
    with contextlib.suppress(NoAnswer):
        answer = await scene.victim.start(order, url=url)
        if answer.status < 300:
            scene.victim.take(order, answer)


async def _post_again(scene: Scene, order: Order, *, committed: str) -> None:
    await scene.victim.submit(order, asyncio.Event())
    scene.ledger.accept(committed, visitor=scene.victim.number, order=order)
