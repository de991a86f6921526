"""Where alerts arrive: by mail, and by webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tools.chaos.alerts.arrivals import Arrival
from tools.chaos.alerts.hook import Hook, open_hook
from tools.chaos.alerts.postbox import Mailing, open_postbox

CHANNELS = ("mail", "webhook")
"""Each of which has to tell every alert."""


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Both of them, and the settings of a product that reaches them."""

    mailing: Mailing
    hook: Hook

    @property
    def settings(self) -> Mapping[str, str]:
        return {**self.mailing.settings, **self.hook.settings}

    @property
    def arrivals(self) -> Sequence[Arrival]:
        return [*self.mailing.arrivals, *self.hook.arrivals]


@contextmanager
def receive_alerts() -> Iterator[Ends]:
    """While inside, alerts arrive."""
    with open_postbox() as mailing, open_hook() as hook:
        yield Ends(mailing=mailing, hook=hook)
