"""Faults of one RabbitMQ node of three, or two; all are members again when they return."""

from __future__ import annotations

import time
from collections.abc import Sequence
from subprocess import CalledProcessError

from tools.chaos.scene import Missed, Scene
from tools.stack.servers import RabbitMQ

DEAD_S = 4.0
FROZEN_S = 15.0
"""Three times the time after which the others take the node for lost (deploy/rabbitmq/cluster.conf)."""


def kill_node(scene: Scene) -> None:
    """SIGKILL to a node, which starts again after some seconds."""
    _kill(scene, scene.rng.choice(scene.arena.network.broker.nodes))


def kill_leader(scene: Scene) -> None:
    """SIGKILL to the node that leads most queues."""
    try:
        leading = scene.arena.network.broker.find_leading()
    except CalledProcessError:  # some queue has no leader now
        raise Missed from None
    _kill(scene, leading)


def freeze_node(scene: Scene) -> None:
    """A node keeps its connections and answers nobody, until long after the others have given it up."""
    node = scene.rng.choice(scene.arena.network.broker.nodes)
    node.freeze()
    try:
        time.sleep(FROZEN_S)
    finally:
        node.thaw()
    scene.arena.network.broker.wait_until_whole()


def stop_two(scene: Scene) -> None:
    """Two of three nodes stop in order, without which no queue takes anything, and come back."""
    broker = scene.arena.network.broker
    stopped: Sequence[RabbitMQ] = scene.rng.sample(broker.nodes, 2)
    for node in stopped:
        node.stop()
    time.sleep(DEAD_S)
    broker.start()


def _kill(scene: Scene, node: RabbitMQ) -> None:
    node.kill()
    time.sleep(DEAD_S)
    node.start()
    scene.arena.network.broker.wait_until_whole()
