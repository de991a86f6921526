"""Calls that are answered in one go there: a worker does the work, and the client waits without holding
anything."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from api import representation
from api.access.owners import origin_of, owner_of
from api.problems import problem
from api.waiting.later import Later
from api.waiting.waits import wait_for_end
from compat.answers import Shaping
from data_processing import datasets
from data_processing.instruments import count_lookup
from data_processing.kinds.kind import TaskRequest
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle import submission
from data_processing.lifecycle.submission import request_key
from data_processing.models import State, TaskRun
from data_processing.outputs import results

# Less than the silence after which proxies give up (deploy/nginx: 120 s). What takes longer goes on, and is
# there when the client asks again.
WAIT_S = 100.0
Answering: TypeAlias = Callable[[TaskRun], HttpResponseBase]
"""Makes the response of a run that has succeeded."""


def ask(request: Request, kind_name: str, wanted: TaskRequest, shaping: Shaping) -> HttpResponseBase:
    """The answer to a question in the shape of the incumbent: at once where it is at hand, otherwise when a
    worker has it."""
    kind = KINDS[kind_name]
    key = request_key(kind.name, wanted, datasets.current_snapshot().version)
    answer = results.get_answer(key)
    count_lookup("answers", hit=answer is not None)
    if answer is not None:
        return render(shaping(answer))
    return submit(request, kind_name, wanted, lambda run: render(shaping(run.result or {})))


def submit(request: Request, kind_name: str, wanted: TaskRequest, answering: Answering) -> HttpResponseBase:
    """Have a worker do it; what it comes to is ``answering``'s to say. Raises as ``submission.accept``."""
    kind, owner = KINDS[kind_name], owner_of(request)
    version = datasets.current_snapshot().version
    accepted = submission.accept(
        kind, wanted, owner=owner, address=origin_of(request), version=version, idempotency_key=None
    )
    if accepted.run.finished:
        return _answer(accepted.run, answering)
    # What is sent where nobody waits (WSGI, a test client).
    first = JSONRenderer().render(representation.task_accepted(accepted.run, new=accepted.new))
    awaited: Awaited | AwaitedFile = AwaitedFile([first]) if kind.formats else Awaited(first)
    awaited.status_code = 202
    awaited.headers["Content-Type"] = "application/json"
    awaited.expect(accepted.run, answering, owner=owner)
    return awaited


def render(body: object) -> HttpResponse:
    """The body as JSON."""
    return HttpResponse(JSONRenderer().render(body), content_type="application/json")


class _Awaited(Later, HttpResponseBase):
    """202, and what becomes of it when one waits."""

    def expect(self, run: TaskRun, answering: Answering, *, owner: str) -> None:
        """Whose end to wait for, and what to say then."""
        self._run, self._answering, self._owner = run, answering, owner

    async def wait(self) -> bool:
        # Who finds no seat does not wait, and is told what the row says now.
        await wait_for_end(self._run.id, owner=self._owner, within_s=WAIT_S)
        return True

    def complete(self) -> None:
        run = TaskRun.objects.filter(id=self._run.id).first()
        answer = _answer(run or self._run, self._answering)
        self.status_code = answer.status_code
        # Of the first answer, which the middleware has measured.
        self.headers.pop("Content-Length", None)
        for name, value in answer.items():
            self.headers[name] = value
        self.take_body(answer)

    @abstractmethod
    def take_body(self, answer: HttpResponseBase) -> None:
        """Send the body of ``answer`` as one's own."""


class Awaited(_Awaited, HttpResponse):
    """An answer of JSON."""

    def take_body(self, answer: HttpResponseBase) -> None:
        if isinstance(answer, HttpResponse):
            self.content = answer.content
            self.headers["Content-Length"] = str(len(self.content))


class AwaitedFile(_Awaited, StreamingHttpResponse):
    """A file, which is never in memory as a whole, or a problem."""

    _file: HttpResponseBase | None = None

    def take_body(self, answer: HttpResponseBase) -> None:
        self._file = answer
        if isinstance(answer, StreamingHttpResponse):
            self.streaming_content = answer.streaming_content
        elif isinstance(answer, HttpResponse):
            self.streaming_content = _give(answer.content)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


async def _give(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _answer(run: TaskRun, answering: Answering) -> HttpResponseBase:
    """What the run has come to, as far as it has."""
    if run.state == State.SUCCESS and run.result is not None:
        return answering(run)
    if run.state == State.FAILURE:
        detail = f"the task failed: {representation.error_message(run)}"
        return problem(422, "task-failed", detail, error=run.error)
    if run.state == State.REVOKED:
        return problem(410, "cancelled", "the task was cancelled; it can be asked for again")
    return _tell_unfinished()


def _tell_unfinished() -> HttpResponse:
    detail = "a worker is still at it: ask the same again, and the answer will be there"
    return problem(503, "still-working", detail, headers={"Retry-After": "2"})
