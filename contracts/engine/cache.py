"""A bounded cache of answers that threads share; the least recently used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class LruCache(Generic[T]):
    """Answers by question. Whoever gets an answer must not change it."""

    def __init__(self, size: int, *, note: Callable[[bool], object] = bool) -> None:
        """``note`` is told of each question whether its answer was known."""
        self._size = size
        self._note = note
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_make(self, question: Hashable, ask: Callable[[], T]) -> T:
        """The answer to ``question``, from ``ask`` where it is not known; errors are not remembered."""
        with self._lock:
            known = question in self._answers
            self._note(known)
            if known:
                self._answers.move_to_end(question)
                return self._answers[question]
        # Outside of the lock: threads that ask the same at once may both work for it, but none waits for the
        # question of another.
        answer = ask()
        with self._lock:
            self._answers[question] = answer
            if len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        """Forget all answers."""
        with self._lock:
            self._answers.clear()
