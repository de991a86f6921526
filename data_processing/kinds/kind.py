"""What a kind of task is. Each kind declares itself in a module of its own; ``registry`` lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.conf import settings
from pydantic import JsonValue

from contracts.errors import InvalidQuery
from contracts.questions.model import Question
from data_processing.errors import UnreadableRequest
from data_processing.kinds.context import Context, Work

PREFIX = "data_processing.tasks."


class TaskRequest(Question):
    """What a task is asked to do: read once when it comes in, kept as ``to_json`` in the run's row."""

    def describe(self) -> str:
        """The request in words, for people."""
        raise NotImplementedError


R = TypeVar("R", bound=TaskRequest)


@dataclass(frozen=True, kw_only=True)
class TaskKind(Generic[R]):
    """All that the machine must know about one kind of work.

    ``task`` is how its Celery task is called below PREFIX, which clients know. ``request`` and ``result`` are
    the types of what comes in and of the payload that comes out. An attempt that takes longer than
    ``time_limit_s`` is stopped. ``cached``: equal questions get the kept answer. ``formats``: the result is
    an ExportFile in one of these, reused while it lives. ``on_dataset``: the answer depends on the dataset
    version. ``about`` says in a sentence what it does; ``switch`` is the setting that must be on.
    ``by_clients``: there is an endpoint that starts it; otherwise the program starts it itself, and nothing
    of it is shown to clients.
    """

    name: str
    task: str
    queue: str
    about: str
    request: type[R]
    result: type[Mapping[str, object]]
    work: Callable[[R, Context], Work]
    time_limit_s: int
    cached: bool = False
    formats: tuple[str, ...] = ()
    on_dataset: bool = True
    switch: str | None = None
    by_clients: bool = True

    @property
    def task_name(self) -> str:
        return PREFIX + self.task

    @property
    def is_there(self) -> bool:
        """Whether this installation has the kind."""
        return self.switch is None or bool(getattr(settings, self.switch))

    def begin(self, request: Mapping[str, JsonValue], context: Context) -> Work:
        """The work on a recorded request. Raises UnreadableRequest."""
        # Read again, although the API has read it: the row may be of another version.
        try:
            wanted = self.request.from_json(request)
        except InvalidQuery as error:
            raise UnreadableRequest(f"a worker of another version cannot read the request: {error}") from None
        return self.work(wanted, context)
