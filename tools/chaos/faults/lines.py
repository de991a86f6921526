"""Faults of the network: packets that do not arrive, and an address that takes connections and is silent."""

from __future__ import annotations

import time

from tools.chaos.network import silenced
from tools.chaos.scene import Scene

DROP_S = (4.0, 8.0)
SILENT_S = 10.0


def drop_web_to_broker(scene: Scene) -> None:
    """Nothing goes through between web servers and broker; workers go on."""
    with silenced(scene.arena.network.web_to_broker):
        time.sleep(scene.rng.uniform(*DROP_S))


def drop_workers_to_database(scene: Scene) -> None:
    """Nothing goes through between workers and database; web servers go on."""
    with silenced(scene.arena.network.workers_to_database):
        time.sleep(scene.rng.uniform(*DROP_S))


def silence_address(scene: Scene) -> None:
    """All connections to one node's address break, and it takes new ones and says nothing."""
    network = scene.arena.network
    number = scene.rng.randrange(len(network.broker.nodes))
    relays = [network.web_to_broker[number], network.workers_to_broker[number]]
    with silenced(relays):
        for relay in relays:
            relay.cut()
        time.sleep(SILENT_S)
