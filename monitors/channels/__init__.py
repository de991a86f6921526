"""The ways by which alerts are told beside the page and the feed; one module each.

A channel is a module of this folder that declares ``CHANNEL``, and its name in MODULES.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from monitors.channels.channel import ToOwner, ToReceiver

MODULES = ("mail", "webhook", "slack")

CHANNELS: Mapping[str, ToOwner | ToReceiver] = {
    name: import_module(f"monitors.channels.{name}").CHANNEL for name in MODULES
}

TO_OWNERS = tuple(name for name, channel in CHANNELS.items() if not isinstance(channel, ToReceiver))
TO_RECEIVERS = tuple(name for name, channel in CHANNELS.items() if isinstance(channel, ToReceiver))
SIGNED = tuple(
    name for name, channel in CHANNELS.items() if isinstance(channel, ToReceiver) and channel.signs
)
