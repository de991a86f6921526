"""The answer to a POST that starts a task, and the wait of its client (``Prefer: wait``, RFC 7240)."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from rest_framework.response import Response

from api import representation
from api.access.owners import Return
from api.document.shapes import Finished, Started
from api.waiting.event_hub import current_hub
from api.waiting.later import Later
from api.waiting.seats import NoSeat, Seats, fit_to_descriptors
from data_processing.lifecycle.submission import Accepted
from data_processing.models import State, TaskRun

logger = logging.getLogger(__name__)

WAITERS = Seats()
# With the half that streams may have, a quarter stays for requests, files and the database.
PART_OF_DESCRIPTORS = 0.25


def answer_start(
    accepted: Accepted, *, owner: str, wait_s: int | None, come_back: Return | None = None
) -> Response:
    """200 with the payload where the task has succeeded, otherwise 202. A client that wants to wait is
    answered when the task ends, or after ``wait_s`` seconds. ``come_back`` tells it how to be known again."""
    if wait_s and not accepted.run.finished:
        return StartedTask(accepted, come_back, owner=owner, wait_s=wait_s)
    body, status = _describe(accepted.run, accepted, come_back)
    return Response(body, status=status, headers=_headers(body, status, waited_s=wait_s))


async def wait_for_end(run_id: uuid.UUID, *, owner: str, within_s: float) -> bool:
    """Return when the run has ended or the time is over. False, at once, where no seat is free for the
    owner."""
    most = fit_to_descriptors(settings.MAX_WAITERS, part=PART_OF_DESCRIPTORS)
    try:
        seat = WAITERS.take(owner, share=settings.OWNER_MAX_WAITERS, in_all=most)
    except NoSeat:
        return False
    try:
        await current_hub().wait_for_end(run_id, within_s=within_s)
    finally:
        seat.leave()
    return True


class StartedTask(Later, Response):
    """202, and what becomes of it when one waits."""

    def __init__(self, accepted: Accepted, come_back: Return | None, *, owner: str, wait_s: int) -> None:
        body, status = _describe(accepted.run, accepted, come_back)
        super().__init__(body, status=status, headers=_headers(body, status, waited_s=None))
        self._accepted, self._come_back = accepted, come_back
        self._run_id: uuid.UUID = accepted.run.id
        self._owner = owner
        self._wait_s = wait_s

    async def wait(self) -> bool:
        # Not refused: the task is accepted, and 202 without a wait is what RFC 7240 allows.
        return await wait_for_end(self._run_id, owner=self._owner, within_s=self._wait_s)

    def complete(self) -> None:
        try:
            run = TaskRun.objects.filter(id=self._run_id).first()
        except (OperationalError, InterfaceError) as error:
            # The task is accepted all the same: the first answer stays true.
            logger.warning("could not look at run %s after the wait: %s", self._run_id, error)
            return
        if run is None:
            return
        self.data, self.status_code = _describe(run, self._accepted, self._come_back)
        self.content = self.rendered_content
        self.headers.pop("Retry-After")
        headers = _headers(self.data, self.status_code, waited_s=self._wait_s)
        # The middleware has measured the first answer.
        for name, value in {**headers, "Content-Length": str(len(self.content))}.items():
            self.headers[name] = value


def _describe(run: TaskRun, accepted: Accepted, come_back: Return | None) -> tuple[Started, int]:
    body = representation.task_started(run, new=accepted.new, reused=accepted.reused, come_back=come_back)
    if run.state == State.SUCCESS:
        finished: Finished[Any] = {**body, "data": run.result}
        return finished, 200
    return body, 202


def _headers(body: Started, status: int, *, waited_s: int | None) -> dict[str, str]:
    headers = {"Location": body["links"]["status"]}
    if waited_s is not None:
        headers["Preference-Applied"] = f"wait={waited_s}"
    if status == 202:
        headers["Retry-After"] = "1"
    return headers
