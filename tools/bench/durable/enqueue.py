"""`python -m tools.bench.durable.enqueue PEER COUNT PAUSE_S TAKES_S`: tasks of the peer, one by one."""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module

import django

# Before the modules of those that need it, which look for their backend when they are read.
if "DJANGO_SETTINGS_MODULE" in os.environ:
    django.setup()
name, count, pause_s, takes_s = sys.argv[1:]
peer = import_module(f"tools.bench.durable.{name}")
for number in range(int(count)):
    peer.enqueue(number, time.time(), float(takes_s))
    time.sleep(float(pause_s))
