"""The ways by which alerts are told beside the page and the feed; one module each.

A channel is a module of this folder that declares ``CHANNEL``, and its name in MODULES.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from monitors.channels.channel import Channel

MODULES = ("mail",)

CHANNELS: Mapping[str, Channel] = {
    name: import_module(f"monitors.channels.{name}").CHANNEL for name in MODULES
}
