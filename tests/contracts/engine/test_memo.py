from __future__ import annotations

import pytest

from contracts.engine.memo import Memo


def test_answer_is_asked_for_once() -> None:
    memo: Memo[int] = Memo(2)
    assert [memo.recall("a", lambda: 1), memo.recall("a", lambda: 2)] == [1, 1]


def test_least_recently_used_answer_is_forgotten_first() -> None:
    memo: Memo[int] = Memo(2)
    for question in ("a", "b", "a", "c"):
        memo.recall(question, lambda: 1)
    assert [memo.recall(question, lambda: 2) for question in ("a", "c", "b")] == [1, 1, 2]


def test_error_is_not_remembered() -> None:
    memo: Memo[float] = Memo(2)
    with pytest.raises(ZeroDivisionError):
        memo.recall("a", lambda: 1 / 0)
    assert memo.recall("a", lambda: 1.0) == 1.0
