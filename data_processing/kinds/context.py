"""What work is given and what it gives back."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from contracts.engine.store import Reader
from contracts.progress import Progress
from data_processing import datasets
from data_processing.outputs import files


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    """A complete file that waits to be published: facts for its ExportFile row. ``sha256`` is None where it
    is to be read for it."""

    partial: Path
    name: str
    format: str
    rows: int
    filters_in_words: str
    sha256: str | None = None


Payload = Mapping[str, object]
"""The JSON of a result: an object, whose members are the kind's to say."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What work returns: the payload, and the file it made, if any."""

    payload: Payload
    file: MadeFile | None = None


Work = Generator[Progress, None, Outcome]


class Interruptible(Protocol):
    """Where work leaves a function that breaks off its current query."""

    def interruptible(self, interrupt: Callable[[], None]) -> contextlib.AbstractContextManager[None]: ...


def offer_nobody(parts: Sequence[int]) -> None:
    """There are no other workers: the work does all of its parts itself."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The surroundings of one attempt. ``asked_at`` is when the run was accepted, ``claimed_at`` when
    ``worker`` took it from ``queue``; ``offer_parts`` tells other workers that they may write these parts of
    it, and promises nothing; ``partials`` are the names of files that the work was given."""

    run_id: uuid.UUID
    attempt: int
    dataset_version: str
    asked_at: datetime
    claimed_at: datetime
    worker: str
    queue: str
    hold: Interruptible
    offer_parts: Callable[[Sequence[int]], None] = offer_nobody
    partials: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def open_reader(self, *, memory_mb: int | None = None) -> Iterator[Reader]:
        """A reader of the run's dataset version whose queries the caller can break off; ``memory_mb`` as for
        ``datasets.open_store``."""
        store = datasets.open_store(self.dataset_version, memory_mb=memory_mb)
        with store.reader() as reader, self.hold.interruptible(reader.interrupt):
            yield reader

    @property
    def sample(self) -> bool:
        """Whether contracts of the run's dataset version are invented."""
        return datasets.is_sample(self.dataset_version)

    def partial_path(self, suffix: str) -> Path:
        path = files.partial_path(self.run_id, attempt=self.attempt, suffix=suffix)
        # Noted before it is written: what a failed attempt leaves is removed by name, without a look around.
        self.partials.append(path.name)
        return path
