"""Keeps the lease of the run that this process works on, and notices when the work must stop.

One daemon thread per process, started on first use, looks at the current hold every half second; short
tasks are over before it looks, so they pay nothing.
"""

from __future__ import annotations

import contextlib
import contextvars
import enum
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from contracts.progress import Progress
from data_processing.errors import LeaseLost, TaskError, TimeLimitExceeded, WorkCancelled
from data_processing.lifecycle.runs import claims
from data_processing.lifecycle.runs.claims import Claim
from data_processing.outputs import results

logger = logging.getLogger(__name__)

# So soon work hears that it was cancelled or has lost its lease.
TICK_S = 0.5
PROGRESS_EVERY_S = 0.25


class Reason(enum.Enum):
    """Why the work must stop."""

    CANCELLED = "its owner cancelled it"
    LOST = "another worker owns it"
    TOO_LONG = "it took longer than its kind allows"


class Hold:
    """One attempt while it runs. ``reason`` is set from the keeper's thread, read by the work's."""

    tells_clients = True
    """Whether it shows live how the run is."""

    def __init__(self, claim: Claim, *, time_limit_s: float) -> None:
        self.claim = claim
        self.reason: Reason | None = None
        self.progress: Progress | None = None
        self._time_limit_s = time_limit_s
        self._began = self._renewed = time.monotonic()
        self._stored = 0.0
        # Of the wall clock, by which other processes reckon the pace; all other times stay in this one.
        self._phase_began = time.time()
        self._interrupt: Callable[[], None] | None = None
        self._lock = threading.Lock()
        # The keeper's lines are the work's lines.
        self.context = contextvars.copy_context()

    def check(self) -> None:
        """Raise WorkCancelled, LeaseLost or TimeLimitExceeded when the work must stop."""
        error = self.verdict()
        if error is not None:
            raise error

    def verdict(self) -> TaskError | None:
        match self.reason:
            case Reason.CANCELLED:
                return WorkCancelled("cancelled by its owner")
            case Reason.LOST:
                return LeaseLost("another worker took the task over")
            case Reason.TOO_LONG:
                return TimeLimitExceeded(f"took longer than {self._time_limit_s:.0f} seconds")
            case None:
                return None

    def note(self, progress: Progress) -> None:
        """Keep the progress for the next renewal and show it live, at most four times a second."""
        if self.progress is None or progress.phase != self.progress.phase:
            self._phase_began = time.time()
        self.progress = progress
        # Work that is over before anybody can look tells Redis nothing.
        if (
            time.monotonic() - self._stored >= PROGRESS_EVERY_S
            and time.monotonic() - self._began >= TICK_S / 2
        ):
            self._stored = time.monotonic()
            results.store_progress(
                self.claim.run_id, attempt=self.claim.attempt, progress=progress, began=self._phase_began
            )

    @contextlib.contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While inside, ``interrupt`` is called at each tick as long as the work must stop. Raises what
        ``check`` raises."""
        with self._lock:
            self._interrupt = interrupt
        try:
            # Once more, now that the keeper would call: it may have found a reason since the last look.
            self.check()
            yield
        finally:
            # After this the keeper interrupts no more: it would hit a query of the next run.
            with self._lock:
                self._interrupt = None

    def tick(self) -> None:
        """Renew the lease when it is time, and look whether the work must stop. Called by the keeper."""
        now = time.monotonic()
        if now - self._began < TICK_S:
            return
        if now - self._began > self._time_limit_s:
            self._stop(Reason.TOO_LONG)
        elif not self._keep(now):
            self._stop(Reason.LOST)
        elif self.reason is not None:
            # Again: DuckDB forgets an interrupt that comes between two queries.
            self._stop(self.reason)
        elif claims.is_cancelled(self.claim):
            self._stop(Reason.CANCELLED)
        elif self.tells_clients and not self._stored:
            # Last, and once, when the lease is young: a Redis that hangs costs a renewal's time.
            self._stored = now
            results.store_started(self.claim.run_id, worker=self.claim.worker)

    def _keep(self, now: float) -> bool:
        """Renew the lease when it is time; False when the run belongs to somebody else by now."""
        # Three renewals may fail, or come late, before the lease has run out.
        if now - self._renewed < settings.LEASE_S / 4:
            return True
        renewed = claims.renew(self.claim, lease_s=settings.LEASE_S, progress=self.progress)
        self._renewed = now
        return renewed

    def _stop(self, reason: Reason) -> None:
        # The first one stays: work that was cancelled and lingers was cancelled, and did not take too long.
        self.reason = self.reason or reason
        with self._lock:
            if self._interrupt is not None:
                self._interrupt()


class HelpingHold(Hold):
    """A part of an attempt that another process holds: its lease and progress are the holder's affair."""

    tells_clients = False

    def __init__(self, claim: Claim, *, time_limit_s: float, beat: Callable[[], None]) -> None:
        """``beat`` gives a sign of life to the holder."""
        super().__init__(claim, time_limit_s=time_limit_s)
        self._beat = beat

    def tick(self) -> None:
        # Without its claim file the part is not wanted any more; the claim on the run tells why.
        with contextlib.suppress(FileNotFoundError):
            self._beat()
        super().tick()

    def _keep(self, now: float) -> bool:
        return claims.is_held(self.claim)


HoldT = TypeVar("HoldT", bound=Hold)


class Keeper:
    """Ticks the current hold of this process, in a thread."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._hold: Hold | None = None

    @contextlib.contextmanager
    def hold(self, hold: HoldT) -> Iterator[HoldT]:
        """Tick ``hold`` while inside."""
        # On first use: a thread that was made before a fork counts as stopped in the child, for ever.
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._tick_on, name="lease-keeper", daemon=True)
            self._thread.start()
        self._hold = hold
        try:
            yield hold
        finally:
            self._hold = None

    def _tick_on(self) -> None:
        while True:
            time.sleep(TICK_S)
            hold = self._hold
            if hold is not None:
                hold.context.run(self._tick, hold)

    def _tick(self, hold: Hold) -> None:
        try:
            hold.tick()
        except DatabaseError as error:
            # The database may be restarting. The lease runs out meanwhile; the fence decides then.
            logger.warning("could not renew the lease of %s: %s", hold.claim.run_id, error)
        finally:
            close_old_connections()


keeper = Keeper()
