"""What every peer can do."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from tools.bench.peers.questions import Answer, Question


class Peer(Protocol):
    """Somebody who is asked, and is ready when it is there."""

    @property
    def name(self) -> str: ...

    def ask(self, question: Question, file: Path) -> Any:
        """The answer as it comes, or in ``file`` where the question is for a file. This is what is timed."""

    def read(self, question: Question, came: Any, file: Path) -> Answer:
        """The same in a form that can be compared."""
